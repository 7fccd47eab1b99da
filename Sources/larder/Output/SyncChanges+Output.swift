import JSON
import Mirror

extension SyncChanges {
    /// Writes the member `changes`.
    func write(to writer: inout JSONWriter) {
        writer.objectMember("changes") { writer in
            for (name, counts) in [("added", added), ("withdrawn", withdrawn)] {
                writer.arrayMember(name, of: Self.ordered(counts)) { writer, entry in
                    writer.object { writer in
                        writer.member("cause", entry.cause)
                        writer.member("projects", entry.count.projects)
                        writer.member("files", entry.count.files)
                        writer.member(name == "added" ? "bytes" : "freed", entry.count.bytes)
                        if let until = entry.count.until { writer.member("until", until) }
                    }
                }
            }
        }
    }

    /// A table for people: a line for each cause.
    var table: [String] {
        let rows =
            Self.ordered(added).map { ("added", $0.cause, $0.count, "to download") }
            + Self.ordered(withdrawn).map { ("withdrawn", $0.cause, $0.count, "freed after the grace of gc") }
        let width = rows.map(\.1.count).max() ?? 0
        return rows.map { kind, cause, count, what in
            let padding = String(repeating: " ", count: width - cause.count)
            let bytes = count.bytes == 0 ? "" : ", \(Quantity.bytes(count.bytes)) \(what)"
            let wait = count.until.map { ", withheld until \($0)" } ?? ""
            return "  \(kind == "added" ? "+" : "-") \(cause)\(padding)  \(Quantity.of(count.projects, "project")), "
                + "\(Quantity.of(count.files, "file"))\(bytes)\(wait)"
        }
    }

    private static func ordered(_ counts: [String: Count]) -> [(cause: String, count: Count)] {
        counts.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}
