internal import Digest
internal import Packaging

/// A digest by which a project's own files tell the bytes of a distribution, written `sha256:…`.
package struct FileDigest: Hashable, Sendable {
    /// The algorithm, by the name that it has in Python's `hashlib`, in lower case; it may be one that we cannot compute.
    package let algorithm: String
    /// The digest, in lower-case hexadecimal.
    package let hex: String

    /// A digest by its parts; `nil` when the name is none, or the digits are none of that algorithm.
    ///
    /// Of an algorithm that we do not know, 32 to 256 digits are taken.
    init?(algorithm: some StringProtocol, hex: some StringProtocol) {
        let name = algorithm.lowercased()
        guard (1...32).contains(name.utf8.count), name.utf8.allSatisfy(Self.isNameByte) else { return nil }
        let digits = hex.lowercased()
        guard digits.utf8.count.isMultiple(of: 2), digits.utf8.allSatisfy(Self.isDigit) else { return nil }
        let isLengthRight =
            DigestAlgorithm(rawValue: name).map { digits.utf8.count == $0.byteCount * 2 }
            ?? (32...256).contains(digits.utf8.count)
        guard isLengthRight else { return nil }
        self.algorithm = name
        self.hex = digits
    }

    /// Reads `algorithm:digits`; `nil` for anything else.
    init?(_ text: some StringProtocol) {
        guard let colon = text.firstIndex(of: ":") else { return nil }
        self.init(algorithm: text[..<colon], hex: text[text.index(after: colon)...])
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        isDigit(byte) || (UInt8(ascii: "g")...UInt8(ascii: "z")).contains(byte) || byte == UInt8(ascii: "_")
            || byte == UInt8(ascii: "-")
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
}

extension FileDigest: CustomStringConvertible {
    package var description: String { "\(algorithm):\(hex)" }
}
