internal import Digest
internal import SystemPackage

/// Whether a JSON object still says what was written: its last member is the SHA-256 of the object without that member.
///
///     {"generation":7,"sha256":"<of {"generation":7}>"}
enum Seal {
    /// The digest is that of what stands before it.
    case intact
    /// It is of other bytes.
    case broken
    /// There is none.
    case missing

    private static let prefix = Array(#","sha256":""#.utf8)
    private static let suffix = Array("\"}\n".utf8)

    /// Seals an object.
    ///
    /// - Parameter object: The bytes of an object that has members.
    /// - Returns: The object with its seal, and a line end.
    /// - Throws: ``DigestError`` when OpenSSL cannot provide SHA-256.
    static func apply(to object: [UInt8]) throws(DigestError) -> [UInt8] {
        try object.dropLast() + prefix + Array(SHA256Digest.hash(object).hex.utf8) + suffix
    }

    /// What these bytes carry.
    ///
    /// - Throws: ``DigestError`` when OpenSSL cannot provide SHA-256.
    init(of bytes: [UInt8]) throws(DigestError) {
        let hexCount = 2 * SHA256Digest.byteCount
        let tail = bytes.suffix(Self.prefix.count + hexCount + Self.suffix.count)
        guard tail.starts(with: Self.prefix), tail.suffix(Self.suffix.count).elementsEqual(Self.suffix) else {
            self = .missing
            return
        }
        let object = bytes.dropLast(tail.count) + [UInt8(ascii: "}")]
        let hex = try SHA256Digest.hash(object).hex
        self = tail.dropFirst(Self.prefix.count).prefix(hexCount).elementsEqual(hex.utf8) ? .intact : .broken
    }

    /// Throws what is wrong with the seal of a file.
    ///
    /// - Parameters:
    ///   - bytes: What the file holds.
    ///   - path: Where it is.
    ///   - isNeeded: Whether a file without one is damaged; earlier programs wrote none.
    /// - Throws: ``PublicationError``.
    static func check(_ bytes: [UInt8], of path: FilePath, isNeeded: Bool) throws(PublicationError) {
        let seal: Seal
        do throws(DigestError) {
            seal = try Seal(of: bytes)
        } catch {
            throw .digest(error)
        }
        switch seal {
        case .intact: return
        case .missing where !isNeeded: return
        case .missing: throw .damagedState(path: path, detail: "it carries no digest of what it says")
        case .broken: throw .damagedState(path: path, detail: "what it says has another digest than it carries")
        }
    }
}
