package import Digest
package import Packaging

/// The list of all projects as we publish it: the same value gives the same bytes.
package struct PublishedRootList: Sendable, Equatable {
    /// A project in the list.
    package struct Entry: Sendable, Hashable {
        /// The project.
        package let name: ProjectName
        /// The serial to tell.
        package let serial: UInt64?
        /// The digest over what its page says, to tell.
        package let content: SHA256Digest?

        /// An entry from its parts.
        package init(name: ProjectName, serial: UInt64? = nil, content: SHA256Digest? = nil) {
            self.name = name
            self.serial = serial
            self.content = content
        }
    }

    /// The serial to tell for the whole.
    package let serial: UInt64?
    /// The projects, by name.
    package let entries: [Entry]

    /// A list, which gets sorted.
    package init(serial: UInt64? = nil, entries: some Sequence<Entry>) {
        self.serial = serial
        self.entries = entries.sorted { $0.name < $1.name }
    }

    /// The list as HTML (PEP 503).
    package func html() -> [UInt8] { written(.html) }

    /// The list as JSON (PEP 691, version 1.4), with serials and digests.
    package func json() -> [UInt8] { written(.json) }

    /// The names alone, as a script that sets `larderNames`.
    package func names() -> [UInt8] { written(.names) }

    private func written(_ form: PublishedRootListWriter.Form) -> [UInt8] {
        var writer = PublishedRootListWriter(form, serial: serial)
        for entry in entries { writer.append(entry) }
        writer.finish()
        return writer.bytes
    }
}
