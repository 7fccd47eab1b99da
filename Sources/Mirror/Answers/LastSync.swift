internal import Catalog
package import JSON
internal import Scheduling

/// How the last sync ended, as the index remembers it.
package struct LastSync: Equatable, Sendable {
    /// How it ended.
    package var outcome: Outcome
    /// When it ended, in seconds since 1970.
    package var finished: Int64
    /// The highest serial of the upstream's root list; `nil` when the upstream was not asked for it, or has none.
    package var serial: UInt64?

    private var text: String {
        var writer = JSONWriter()
        writer.object { write(to: &$0) }
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    /// Writes it as the members of an object.
    package func write(to writer: inout JSONWriter) {
        writer.member("finished", finished)
        writer.member("outcome", outcome.rawValue)
        writer.member("serial", serial)
    }

    /// What the index remembers; `nil` when there was no sync, or when it cannot be read.
    init?(text: String) {
        guard let root = try? JSONDocument(Array(text.utf8)).root,
            let outcome = root["outcome"]?.string.flatMap(Outcome.init), let finished = root["finished"]?.integer
        else { return nil }
        self.outcome = outcome
        self.finished = finished
        serial = root["serial"]?.unsigned
    }

    /// A sync that ended.
    init(outcome: Outcome, finished: Int64, serial: UInt64?) {
        self.outcome = outcome
        self.finished = finished
        self.serial = serial
    }

    /// Remembers it.
    func write(to catalog: Catalog) throws(CatalogError) {
        let row = MetaRow(text)
        try catalog.write { catalog throws(CatalogError) in
            try catalog.put(row, under: .lastSync, in: Tables.meta)
        }
    }
}
