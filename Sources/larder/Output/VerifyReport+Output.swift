import Digest
import JSON
import Mirror
import Packaging

extension VerifyReport {
    /// How it ended.
    var outcome: Outcome { isInterrupted ? .interrupted : exitCode & ~8 == 0 ? .complete : .partial }

    /// Writes the members of the report, beside those that every report has.
    func write(to writer: inout JSONWriter) {
        writer.objectMember("checked") { writer in
            writer.member("objects", checkedObjects)
            writer.member("hashed", hashedObjects)
            writer.member("bytes", checkedBytes)
            if hashedCopies > 0 { writer.member("copies", hashedCopies) }
        }
        writer.objectMember("found") { writer in
            for (kind, count) in found.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
                writer.member(kind.rawValue, count)
            }
        }
        writer.arrayMember("findings", of: findings) { $1.write(to: &$0) }
        writer.member("repaired", repaired)
        writer.member("stopped", isStopped)
        writer.objectMember("coverage") { writer in
            writer.member("oldestAgeSeconds", coverage?.oldestAge)
            if let coverage { writer.member("percent", thousandthsOf: coverage.percent) }
        }
    }

    private var copiesText: String {
        hashedCopies > 0 ? ", \(Quantity.of(hashedCopies, "copied file"))" : ""
    }

    /// Tells people what was found: findings on standard error, the rest on standard output.
    func tell(quietly: Bool) {
        for finding in findings {
            Console.error("larder verify: \(finding.line)")
            guard let outcome = finding.outcome else { continue }
            Console.error("larder verify:   \(outcome.rawValue)\(finding.repair.map { ": \($0)" } ?? "")")
        }
        if foundCount > findings.count {
            let isRepair = findings.contains { $0.outcome != nil }
            let rest = isRepair ? ", which the repair did not look at; run it again" : ""
            Console.error("larder verify: \(Quantity.of(foundCount - findings.count, "more finding"))\(rest)")
        }
        guard !quietly else { return }
        Console.print(
            "checked \(Quantity.of(checkedObjects, "object"))\(copiesText) and \(Quantity.bytes(checkedBytes)) in "
                + Quantity.duration(seconds)
        )
        if isStopped { Console.print("the time was up; the next run goes on with what was checked longest ago") }
        if isObstructed { Console.print("damage of the index kept something from being checked") }
        if let coverage { Console.print("coverage: \(coverage.line)") }
        let mended = repaired > 0 ? ", \(repaired) of them repaired" : ""
        Console.print(foundCount == 0 ? "all is well" : Quantity.of(foundCount, "finding") + mended)
    }
}

extension Coverage {
    /// The coverage in one line: the share of the objects, rounded down, and the age of the oldest check.
    var line: String {
        let tenths = Int(percent * 10)
        let age = oldestAge.map { ", the oldest check \(Quantity.duration(Double($0))) ago" } ?? ""
        return "\(tenths / 10).\(tenths % 10) % of the objects\(age)"
    }
}

extension Finding {
    /// The finding in one line.
    fileprivate var line: String {
        let subject = [project?.normalized, file].compactMap { $0 }.joined(separator: " ")
        let place = [subject, path ?? ""].filter { !$0.isEmpty }.joined(separator: ", ")
        return "\(kind.rawValue): \(place): \(detail)"
    }

    fileprivate func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("class", kind.rawValue)
            writer.member("object", object?.hex)
            writer.member("path", path)
            writer.member("project", project?.normalized)
            writer.member("file", file)
            writer.member("detail", detail)
            writer.member("outcome", outcome?.rawValue)
            writer.member("repair", repair)
        }
    }
}
