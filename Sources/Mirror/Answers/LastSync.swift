internal import Catalog
internal import FileIO
package import JSON
internal import Scheduling
internal import SystemPackage

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
        guard let root = try? JSONDocument(Array(text.utf8)).root else { return nil }
        self.init(root)
    }

    /// What the published `status.json` tells of it; `nil` when there was no sync, or when it cannot be read.
    init?(root: FilePath, fileSystem: any FileSystem) {
        let path = root.appending("status.json")
        guard let bytes = try? fileSystem.contents(of: path, limit: 1 << 20),
            let root = try? JSONDocument(bytes).root, let value = root["lastSync"]
        else { return nil }
        self.init(value)
    }

    private init?(_ value: JSONValue) {
        guard let outcome = value["outcome"]?.string.flatMap(Outcome.init), let finished = value["finished"]?.integer
        else { return nil }
        self.outcome = outcome
        self.finished = finished
        serial = value["serial"]?.unsigned
    }

    /// A sync that ended.
    init(outcome: Outcome, finished: Int64, serial: UInt64?) {
        self.outcome = outcome
        self.finished = finished
        self.serial = serial
    }

    /// Remembers it.
    func write(to catalog: Catalog) throws(CatalogError) {
        try catalog.write { catalog throws(CatalogError) in try write(to: catalog) }
    }

    /// Remembers it within a transaction.
    func write(to catalog: borrowing CatalogWriter) throws(CatalogError) {
        try catalog.put(MetaRow(text), under: .lastSync, in: Tables.meta)
    }
}
