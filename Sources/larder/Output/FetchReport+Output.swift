internal import Digest
import JSON
import Mirror
internal import SystemPackage
internal import Transfer

extension FetchProgress.Snapshot {
    /// A fetch at one moment, in one line.
    ///
    /// - Parameter seconds: How long it takes so far.
    /// - Returns: The line.
    func line(after seconds: Double) -> String {
        let rate = UInt64(Double(bytes) / seconds)
        var parts = ["files \(Quantity.share(files.done, of: files.total))"]
        parts.append("\(Quantity.bytes(bytes)) at \(Quantity.bytes(rate))/s")
        if failures > 0 {
            parts.append(Quantity.of(failures, "failure") + (lastFailure.map { ", last: \($0)" } ?? ""))
        }
        return parts.joined(separator: " · ")
    }
}

extension FetchReport {
    /// Writes the members of the report, beside those that every report has.
    func write(to writer: inout JSONWriter) {
        writer.member("requested", requested)
        writer.member("downloaded", downloaded)
        writer.member("present", present)
        writer.member("failed", failed)
        writer.objectMember("bytes") { $0.member("downloaded", bytesDownloaded) }
        writer.arrayMember("files", of: files) { $1.write(to: &$0) }
        writer.arrayMember("failures", of: failures) { $1.write(to: &$0) }
        if let statistics { writer.objectMember("transfer") { statistics.write(to: &$0) } }
    }

    /// Tells people what was done: results on standard output, failures on standard error.
    func tell(quietly: Bool) {
        for failure in failures { Console.error("larder fetch: \(failure)") }
        guard !quietly else { return }
        var line = "\(Quantity.of(downloaded, "file")) downloaded (\(Quantity.bytes(bytesDownloaded)) in "
        line += "\(Quantity.duration(seconds)))"
        if present > 0 { line += ", \(Quantity.count(present)) here already" }
        if failed > 0 { line += ", \(Quantity.count(failed)) failed" }
        let rest = requested - downloaded - present - failed
        if rest > 0 { line += ", \(Quantity.count(rest)) not done" }
        Console.print(line)
        if outcome == .interrupted { Console.print("interrupted; what had come is kept, and the same command goes on") }
    }
}

extension FetchedFile {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("url", url)
            writer.member("finalURL", finalURL)
            writer.member("path", path.string)
            writer.member("status", status.rawValue)
            writer.member("httpStatus", httpStatus)
            writer.member("contentType", contentType)
            writer.member("etag", etag)
            writer.member("lastModified", lastModified)
            writer.member("size", size)
            writer.member("sha256", sha256?.hex)
            let checked = (isSizeChecked ? ["size"] : []) + checkedDigests.map(\.rawValue).sorted()
            writer.arrayMember("checked", of: checked) { $0.string($1) }
            writer.member("attempts", attempts)
            writer.member("resumedBytes", resumedBytes)
            writer.arrayMember("fallbacks", of: fallbacks) { $0.string($1) }
            if let timings { writer.objectMember("timings") { timings.write(to: &$0) } }
            writer.member("reason", reason)
        }
    }
}

extension TransferTimings {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.member("nameLookup", thousandthsOf: nameLookup.inSeconds)
        writer.member("connect", thousandthsOf: connect.inSeconds)
        writer.member("tlsHandshake", thousandthsOf: tlsHandshake.inSeconds)
        writer.member("firstByte", thousandthsOf: firstByte.inSeconds)
        writer.member("total", thousandthsOf: total.inSeconds)
    }
}
