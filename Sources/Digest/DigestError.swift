/// OpenSSL could not compute a digest.
package struct DigestError: Error, Equatable, CustomStringConvertible {
    /// The algorithm that was asked for.
    package let algorithm: DigestAlgorithm

    package var description: String {
        "OpenSSL cannot compute \(algorithm.rawValue) here; check that its default provider is enabled"
    }
}
