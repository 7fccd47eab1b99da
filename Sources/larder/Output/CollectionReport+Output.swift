import JSON
import Mirror

extension CollectionProgress.Snapshot {
    /// A collection at one moment, in one line.
    var line: String {
        "\(phase.rawValue): \(Quantity.decimal(share * 100, digits: 0)) % · marked \(report.marked.text) · removed "
            + report.removed.text
    }
}

extension CollectionReport {
    /// Writes the members of the report, beside those that every report has.
    func write(to writer: inout JSONWriter) {
        if isDryRun { writer.member("dryRun", true) }
        writer.member("graceSeconds", Int(grace))
        writer.member("objects", objects)
        for (name, counts) in [
            ("marked", marked), ("waiting", waiting), ("regained", regained), ("removed", removed),
        ] {
            writer.objectMember(name) { writer in
                writer.member("objects", counts.objects)
                writer.member("orphans", counts.orphans)
                writer.member("bytes", counts.bytes)
                writer.member("views", counts.views)
                writer.member("links", counts.links)
                if counts.copyBytes > 0 { writer.member("copyBytes", counts.copyBytes) }
            }
        }
        failures.write(to: &writer)
    }

    /// Tells people what was done: results on standard output, failures on standard error.
    func tell(quietly: Bool) {
        for failure in failures.listed { Console.error("larder gc: \(failure)") }
        guard !quietly else { return }
        Console.print(isDryRun ? "would remove \(removed.text)" : "removed \(removed.text)")
        Console.print(isDryRun ? "would mark \(marked.text)" : "marked \(marked.text)")
        Console.print("marked earlier and kept for now: \(waiting.text)")
        if outcome == .partial { Console.print(failures.text) }
        if outcome == .interrupted { Console.print("interrupted; the next run goes on") }
    }
}

extension CollectionReport.Counts {
    /// The counts in one line.
    fileprivate var text: String {
        "\(Quantity.of(objects + orphans, "object")) (\(Quantity.bytes(bytes))), \(Quantity.of(views, "view")), "
            + Quantity.of(links, "link") + (copyBytes > 0 ? " (copies of \(Quantity.bytes(copyBytes)))" : "")
    }
}
