internal import Digest

/// A signature in minisign's format, of the BLAKE2b digest of some bytes, with a comment that is signed too.
///
/// The format: https://jedisct1.github.io/minisign/, "Signature format".
package struct Signature: Equatable, Sendable {
    /// The number of bytes of an Ed25519 signature.
    static let byteCount = 64
    static let untrustedPrefix = "untrusted comment: "
    private static let trustedPrefix = "trusted comment: "
    /// Of what was hashed first; "Ed" would be of the bytes themselves.
    private static let algorithm = Array("ED".utf8)

    /// Which key made it.
    package let keyID: [UInt8]
    /// What is signed beside the bytes, in one line.
    package let comment: String
    let signature: [UInt8]
    /// Over ``signature`` and ``comment``.
    let global: [UInt8]

    init(keyID: [UInt8], signature: [UInt8], comment: String, global: [UInt8]) {
        self.keyID = keyID
        self.signature = signature
        self.comment = comment
        self.global = global
    }

    /// Reads a signature, without checking it.
    ///
    /// - Parameter file: The bytes of its file.
    /// - Throws: ``SigningError/malformedSignature(_:)``.
    package init(file: [UInt8]) throws(SigningError) {
        guard let text = String(validating: file, as: UTF8.self) else { throw .malformedSignature("is no text") }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.hasSuffix("\r") ? line.dropLast() : line
        }
        guard lines.count == 4 || lines.count == 5 && lines[4].isEmpty else {
            throw .malformedSignature("has not four lines")
        }
        guard lines[0].hasPrefix(Self.untrustedPrefix), lines[2].hasPrefix(Self.trustedPrefix) else {
            throw .malformedSignature("lacks its comments")
        }
        guard let bytes = Base64.decode(lines[1]), bytes.count == 2 + VerifyingKey.idByteCount + Self.byteCount,
            let global = Base64.decode(lines[3]), global.count == Self.byteCount
        else { throw .malformedSignature("is of another length than one of Ed25519") }
        guard bytes.starts(with: Self.algorithm) else { throw .malformedSignature("is not of prehashed Ed25519") }
        self.init(
            keyID: Array(bytes[2..<10]),
            signature: Array(bytes[10...]),
            comment: String(lines[2].dropFirst(Self.trustedPrefix.count)),
            global: global
        )
    }

    /// The signature as a file, as `minisign -x` takes it.
    package var file: [UInt8] {
        let lines = [
            Self.untrustedPrefix + "signature by larder", Base64.encode(Self.algorithm + keyID + signature),
            Self.trustedPrefix + comment, Base64.encode(global),
        ]
        return lines.flatMap { Array($0.utf8) + [UInt8(ascii: "\n")] }
    }

    /// What is signed in the place of bytes.
    static func digest(of bytes: [UInt8]) throws(SigningError) -> [UInt8] {
        do throws(DigestError) {
            var hasher = try Hasher(.blake2b)
            hasher.update(bytes)
            return try hasher.finalize()
        } catch {
            throw .library("compute BLAKE2b")
        }
    }
}
