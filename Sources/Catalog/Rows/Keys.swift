package import Digest
package import Packaging

/// A key of a table: always the same number of bytes in one table.
package protocol TableKey: Sendable {
    /// The bytes, in whose order the rows lie.
    var bytes: [UInt8] { get }
    /// The key of these bytes; `nil` when their number is wrong.
    init?(bytes: some Sequence<UInt8>)
}

extension SHA256Digest: TableKey {}

/// The key of a project: the first 16 bytes of the SHA-256 of its name, so that all keys have one length.
///
/// Two names with one key are as good as impossible; rows hold the name and are refused when it is another one.
package struct ProjectKey: Hashable, Comparable, Sendable, TableKey {
    private let value: Bytes16

    /// The order in the index, which is that of the bytes.
    package static func < (left: Self, right: Self) -> Bool { left.value < right.value }

    /// The key of a project.
    ///
    /// - Throws: ``DigestError`` when OpenSSL cannot provide SHA-256.
    package init(_ name: ProjectName) throws(DigestError) {
        value = Bytes16(prefixOf: try SHA256Digest.hash(name.normalized.utf8))
    }

    package init?(bytes: some Sequence<UInt8>) {
        guard let value = Bytes16(bytes) else { return nil }
        self.value = value
    }

    package var bytes: [UInt8] { value.bytes }

    /// The owner of an object that no project refers to; the key of no project.
    package static let nobody = ProjectKey(value: Bytes16(high: 0, low: 0))

    private init(value: Bytes16) {
        self.value = value
    }

    /// A number below `bound` that depends on the project only, for spreading work over time.
    package func spread(below bound: UInt64) -> UInt64 {
        bound == 0 ? 0 : value.high % bound
    }
}

/// The name of a view: the first 16 bytes of a digest over its pages.
package struct ViewID: Hashable, Sendable, TableKey {
    private let value: Bytes16

    /// The name of the view whose pages have this digest.
    package init(_ digest: SHA256Digest) {
        value = Bytes16(prefixOf: digest)
    }

    /// The name from its 32 hexadecimal digits.
    package init?(hex: some StringProtocol) {
        guard let bytes = [UInt8](hex: hex), let value = Bytes16(bytes) else { return nil }
        self.value = value
    }

    package init?(bytes: some Sequence<UInt8>) {
        guard let value = Bytes16(bytes) else { return nil }
        self.value = value
    }

    package var bytes: [UInt8] { value.bytes }

    /// The 32 lower-case hexadecimal digits.
    package var hex: String { bytes.hex }
}

/// One of the two trees of links.
package enum Slot: UInt8, Sendable, CaseIterable {
    case a = 0
    case b = 1

    /// The name of its directory below `slots/`.
    package var name: String { self == .a ? "a" : "b" }

    /// The one that is not live while this one is.
    package var other: Slot { self == .a ? .b : .a }
}

/// A project whose link one slot still lacks.
package struct SlotKey: Hashable, Sendable, TableKey {
    /// The slot.
    package let slot: Slot
    /// The project.
    package let project: ProjectKey

    /// The key of a project in a slot.
    package init(slot: Slot, project: ProjectKey) {
        self.slot = slot
        self.project = project
    }

    package init?(bytes: some Sequence<UInt8>) {
        let bytes = Array(bytes)
        guard let first = bytes.first, let slot = Slot(rawValue: first),
            let project = ProjectKey(bytes: bytes.dropFirst())
        else { return nil }
        self.init(slot: slot, project: project)
    }

    package var bytes: [UInt8] { [slot.rawValue] + project.bytes }
}

/// A further project that refers to an object, beside the one in the object's row.
package struct ReferenceKey: Hashable, Sendable, TableKey {
    /// The object.
    package let object: SHA256Digest
    /// The project.
    package let project: ProjectKey

    /// The key of a project's reference to an object.
    package init(object: SHA256Digest, project: ProjectKey) {
        self.object = object
        self.project = project
    }

    package init?(bytes: some Sequence<UInt8>) {
        let bytes = Array(bytes)
        guard let object = SHA256Digest(bytes: bytes.prefix(32)), let project = ProjectKey(bytes: bytes.dropFirst(32))
        else { return nil }
        self.init(object: object, project: project)
    }

    package var bytes: [UInt8] { object.bytes + project.bytes }
}

/// The name of a single value of the index, at most 16 bytes of ASCII.
package struct MetaKey: Hashable, Sendable, TableKey {
    private let name: String

    /// The validator of an upstream's root list that the last whole run saw.
    ///
    /// - Parameter upstream: What the upstream is called; `nil` for one that is the only one and has no name.
    /// - Returns: The key.
    /// - Throws: ``DigestError`` when OpenSSL cannot provide SHA-256.
    package static func rootListValidator(of upstream: String?) throws(DigestError) -> MetaKey {
        guard let upstream else { return MetaKey("root list tag") }
        return MetaKey("tag " + (try SHA256Digest.hash(upstream.utf8)).hex.prefix(12))
    }
    /// What the selection was when the last whole run ended.
    package static let selection = MetaKey("selection")
    /// What the policy blocked when it was last applied.
    package static let policy = MetaKey("policy")
    /// How documents are published beside pages.
    package static let documents = MetaKey("documents")
    /// Whether pages ever listed files that were not here.
    package static let onDemand = MetaKey("on demand")
    /// Which kinds names of packages may have.
    package static let links = MetaKey("links")
    /// How the last sync ended.
    package static let lastSync = MetaKey("last sync")
    /// When the last collection ran, by the clock and by the time since the machine started.
    package static let lastCollection = MetaKey("last collection")
    /// How much the last verification found.
    package static let lastFindings = MetaKey("last findings")

    private init(_ name: String) {
        self.name = name
    }

    package init?(bytes: some Sequence<UInt8>) {
        let bytes = Array(bytes)
        guard bytes.count == 16 else { return nil }
        name = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }

    package var bytes: [UInt8] {
        let name = Array(name.utf8.prefix(16))
        return name + [UInt8](repeating: 0, count: 16 - name.count)
    }
}

/// Sixteen bytes.
private struct Bytes16: Hashable, Comparable, Sendable {
    let high: UInt64
    let low: UInt64

    init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    init?(_ bytes: some Sequence<UInt8>) {
        var decoder = RowDecoder(Array(bytes)[...])
        guard let high: UInt64 = decoder.integer(), let low: UInt64 = decoder.integer(), decoder.isAtEnd else {
            return nil
        }
        self.high = high
        self.low = low
    }

    /// The order of the bytes.
    static func < (left: Self, right: Self) -> Bool { (left.high, left.low) < (right.high, right.low) }

    init(prefixOf digest: SHA256Digest) {
        var decoder = RowDecoder(digest.bytes[...])
        // A digest has 32 bytes, so both are there.
        high = decoder.integer() ?? 0
        low = decoder.integer() ?? 0
    }

    var bytes: [UInt8] {
        var encoder = RowEncoder()
        encoder.append(high)
        encoder.append(low)
        return encoder.bytes
    }
}
