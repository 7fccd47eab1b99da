internal import Digest

/// The digests of one body in the making.
struct BodyDigests: ~Copyable {
    private final class Box {
        var hasher: Hasher?

        init(_ algorithm: DigestAlgorithm) throws(DigestError) {
            hasher = try Hasher(algorithm)
        }
    }

    // One digest is the common case and costs no box.
    private var sha256: Hasher?
    private var others: [(algorithm: DigestAlgorithm, box: Box)] = []

    /// The digests of no bytes yet.
    ///
    /// - Parameters:
    ///   - expected: Those that are to be compared.
    ///   - withSHA256: Whether SHA-256 is computed in any case.
    /// - Throws: The first algorithm that OpenSSL cannot provide.
    init(_ expected: [DigestAlgorithm: [UInt8]], withSHA256: Bool) throws(DigestError) {
        var others: [(algorithm: DigestAlgorithm, box: Box)] = []
        for algorithm in expected.keys where algorithm != .sha256 {
            others.append((algorithm, try Box(algorithm)))
        }
        self.sha256 = withSHA256 || !expected.isEmpty ? try Hasher(.sha256) : nil
        self.others = others
    }

    /// Adds bytes to all of them.
    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        sha256?.update(bytes)
        for other in others { other.box.hasher?.update(bytes) }
    }

    /// Ends them all.
    mutating func finalize() throws(DigestError) -> [DigestAlgorithm: [UInt8]] {
        var found: [DigestAlgorithm: [UInt8]] = [:]
        if let hasher = sha256.take() { found[.sha256] = try hasher.finalize() }
        for other in others {
            if let hasher = other.box.hasher.take() { found[other.algorithm] = try hasher.finalize() }
        }
        return found
    }
}
