import JSON
import Mirror
import SystemPackage

/// Makes the index of a mirror anew, and shows how far it is.
func rebuild(
    _ root: FilePath,
    isRehashing: Bool,
    _ output: OutputOptions
) async throws(MirrorError) -> RebuildReport {
    let progress = RebuildProgress()
    return try await ProgressDisplay(output) { _ in progress.snapshot.line }
        .shown { () async throws(MirrorError) in
            try await MirrorRoot.rebuild(at: root, isRehashing: isRehashing, progress: progress)
        }
}

extension RebuildProgress.Snapshot {
    /// A rebuild at one moment, in one line.
    fileprivate var line: String {
        let percent = Quantity.decimal(share * 100, digits: 0) + " %"
        switch phase {
        case .objects:
            let hashed = report.hashedObjects > 0 ? " · \(Quantity.bytes(report.hashedBytes)) hashed" : ""
            return "objects \(Quantity.count(report.objects)) · \(percent)\(hashed)"
        case .records: return "records \(Quantity.count(report.projects)) · \(percent)"
        case .leftovers:
            return "objects that no record speaks of: \(percent) · \(Quantity.bytes(report.hashedBytes)) hashed"
        }
    }
}

extension RebuildReport {
    /// Writes the members of the report, beside those that every report has.
    func write(to writer: inout JSONWriter) {
        writer.member("projects", projects)
        writer.member("files", files)
        writer.member("objects", objects)
        writer.member("bytes", bytes)
        writer.objectMember("hashed") { writer in
            writer.member("objects", hashedObjects)
            writer.member("bytes", hashedBytes)
        }
        writer.member("published", published)
        writer.member("unpublished", unpublished)
        failures.write(to: &writer)
    }

    /// Tells people what was done: results on standard output, failures on standard error.
    func tell(_ command: String, quietly: Bool) {
        for failure in failures.listed { Console.error("larder \(command): \(failure)") }
        guard !quietly else { return }
        switch outcome {
        case .interrupted, .failed: Console.print("interrupted; the index is as it was")
        case .complete, .partial:
            Console.print(
                "the index is new: \(Quantity.of(projects, "project")), \(Quantity.of(files, "file")), "
                    + "\(Quantity.of(objects, "object")) (\(Quantity.bytes(bytes))) in \(Quantity.duration(seconds))"
            )
            if outcome == .partial {
                Console.print("\(failures.text); run `larder sync`")
            }
        }
    }
}
