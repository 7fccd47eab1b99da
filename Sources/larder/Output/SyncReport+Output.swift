internal import Digest
import JSON
import Mirror
internal import Packaging
internal import Publication

extension SyncReport {
    /// Writes the members of the report, beside those that every report has.
    func write(to writer: inout JSONWriter) {
        if isDryRun { writer.member("dryRun", true) }
        writer.member("generation", generation?.number)
        writer.member("treeDigest", generation?.treeDigest.hex)
        writer.member("held", held)
        writer.objectMember("projects") { writer in
            writer.member("listed", projects.listed)
            writer.member("selected", projects.selected)
            writer.member("changed", projects.changed)
            writer.member("unchanged", projects.unchanged)
            writer.member("removed", projects.removed)
            writer.member("deferred", projects.deferred)
            writer.member("failed", projects.failed)
        }
        writer.objectMember("files") { writer in
            writer.member("downloaded", files.downloaded)
            writer.member("present", files.present)
            writer.member("known", files.known)
            writer.member("withheld", files.withheld)
            writer.member("refused", files.refused)
            writer.member("failed", files.failed)
            writer.member("withdrawn", withdrawals)
        }
        if isDryRun { changes.write(to: &writer) }
        writer.arrayMember("blocked", of: blockedProjects) { $0.string($1.normalized) }
        writer.arrayMember("drops", of: drops) { writer, drop in
            writer.object { writer in
                writer.member("project", drop.project.normalized)
                writer.member("file", drop.file)
                writer.member("size", drop.size)
                writer.member("reason", drop.reason)
            }
        }
        writer.objectMember("bytes") { writer in
            writer.member("downloaded", bytesDownloaded)
            if bytesCopied > 0 { writer.member("copied", bytesCopied) }
        }
        if let links { writer.objectMember("links") { links.write(to: &$0) } }
        writer.objectMember("requests") { writer in
            writer.member("metadata", requests.metadata)
            writer.member("files", requests.files)
            writer.member("notModified", requests.notModified)
            writer.member("retries", requests.retries)
        }
        if let closure {
            writer.objectMember("closure") { writer in
                writer.member("mode", closure.mode)
                writer.arrayMember("environments", of: closure.environments) { $0.string($1) }
                writer.member("dependencies", closure.dependencies)
                writer.member("releases", closure.releases)
                writer.member("incomplete", closure.isIncomplete)
            }
        }
        writer.objectMember("transfer") { transfer.write(to: &$0) }
        if !upstreams.isEmpty {
            writer.arrayMember("upstreams", of: upstreams) { $1.write(to: &$0) }
        }
        writer.arrayMember("failures", of: failures) { $1.write(to: &$0) }
        writer.arrayMember("warnings", of: warnings) { $0.string($1) }
    }

    /// Tells people what was done: results on standard output, failures on standard error.
    func tell(quietly: Bool) {
        for warning in warnings { Console.error("larder sync: warning: \(warning)") }
        for drop in drops {
            Console.error("larder sync: left out: \(drop.project): \(drop.file): \(drop.reason)")
        }
        if !blockedProjects.isEmpty {
            Console.error("larder sync: taken off by the policy: " + Quantity.list(blockedProjects.map(\.normalized)))
        }
        for failure in failures { Console.error("larder sync: \(failure)") }
        guard !quietly else { return }
        for line in summary { Console.print(line) }
    }

    private var summary: [String] {
        var lines: [String] = []
        if isDryRun {
            lines.append(
                "would download \(Quantity.of(files.downloaded, "file")) (\(Quantity.bytes(bytesDownloaded)) as far as "
                    + "sizes are known), change \(Quantity.of(projects.changed, "project")), take off "
                    + "\(Quantity.of(projects.removed, "project")) and withdraw \(Quantity.of(withdrawals, "file"))"
            )
            if bytesCopied > 0 { lines.append("copies of that for readers would take as much once more") }
            lines += changes.table
            lines.append("nothing was changed")
        } else {
            lines.append(
                "\(Quantity.of(projects.selected, "project")) selected: \(Quantity.count(projects.changed)) changed, "
                    + "\(Quantity.count(projects.unchanged)) unchanged, \(Quantity.count(projects.removed)) taken off, "
                    + "\(Quantity.count(projects.deferred)) deferred, \(Quantity.count(projects.failed)) failed"
            )
            lines.append(
                "\(Quantity.of(files.downloaded, "file")) downloaded (\(Quantity.bytes(bytesDownloaded)) in "
                    + "\(Quantity.duration(seconds))), \(Quantity.count(files.present)) here, "
                    + "\(Quantity.count(files.failed)) missing"
            )
        }
        if let closure {
            lines.append(
                "dependencies (\(closure.mode)): \(Quantity.of(closure.dependencies, "project")) beside what is asked for, "
                    + "\(Quantity.of(closure.releases, "release")) in all, for "
                    + Quantity.of(closure.environments.count, "environment")
            )
        }
        if let generation {
            lines.append(
                "generation \(generation.number) is live: \(Quantity.of(generation.projects, "project")), "
                    + "\(Quantity.of(generation.files, "file")), tree \(generation.treeDigest.hex.prefix(16))"
            )
        }
        if let links { lines.append(links.line) }
        switch outcome {
        case .complete: break
        case .partial:
            lines.append(
                "not complete: \(Quantity.of(failures.count, "failure")), listed above; everything else is done, and "
                    + "the next sync tries again"
            )
        case .failed: lines.append("failed; nothing was changed")
        case .interrupted: lines.append("interrupted; what was committed is kept, and the next sync goes on")
        }
        if let held {
            lines.append("held at generation \(held): nothing was published; `larder publish` shows the newest")
        }
        return lines
    }
}

extension SyncReport.Upstream {
    /// Writes the upstream as an object.
    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("upstream", label)
            writer.member("url", url)
            writer.member("listed", listed)
            writer.member("shadowed", shadowed)
            if !shadowedNames.isEmpty {
                writer.arrayMember("shadowedNames", of: shadowedNames) { $0.string($1.normalized) }
            }
        }
    }
}

extension Failure {
    /// Writes the failure as an object.
    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("project", project?.normalized)
            writer.member("file", file)
            writer.member("url", url)
            writer.member("reason", reason)
            writer.member("attempts", attempts)
        }
    }
}
