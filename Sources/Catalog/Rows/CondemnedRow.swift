package import Digest

/// Something that a collection may remove: its kind, and 32 bytes that name it.
package struct CondemnedKey: Hashable, Sendable, TableKey {
    /// The kinds of things that are collected.
    package enum Kind: UInt8, Sendable, CaseIterable {
        /// An object that the index knows; its digest.
        case object = 0
        /// A file among the objects that the index does not know; its digest.
        case orphan = 1
        /// A link below `packages/`; the SHA-256 of its path.
        case link = 2
        /// A view; its name and 16 zero bytes.
        case view = 3
    }

    /// The kind.
    package let kind: Kind
    /// The name.
    package let name: SHA256Digest

    /// The key of something.
    package init(_ kind: Kind, _ name: SHA256Digest) {
        self.kind = kind
        self.name = name
    }

    /// The key of a view.
    package init(_ view: ViewID) {
        let bytes = view.bytes + [UInt8](repeating: 0, count: 16)
        guard let name = SHA256Digest(bytes: bytes) else { preconditionFailure("16 and 16 bytes are no 32") }
        self.init(.view, name)
    }

    package init?(bytes: some Sequence<UInt8>) {
        let bytes = Array(bytes)
        guard let first = bytes.first, let kind = Kind(rawValue: first),
            let name = SHA256Digest(bytes: bytes.dropFirst())
        else { return nil }
        self.init(kind, name)
    }

    package var bytes: [UInt8] { [kind.rawValue] + name.bytes }
}

/// Since when nothing refers to something.
package struct CondemnedRow: Equatable, Sendable, Row {
    /// When that was found first, in seconds since 1970.
    package var since: Int64

    /// A row of something that nothing refers to since a time.
    package init(since: Int64) {
        self.since = since
    }

    package func encode(into encoder: inout RowEncoder) {
        encoder.append(since)
    }

    package init?(from decoder: inout RowDecoder) {
        guard let since: Int64 = decoder.integer() else { return nil }
        self.since = since
    }
}
