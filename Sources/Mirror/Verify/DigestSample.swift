internal import Configuration
internal import Digest

/// A share of all digests, chosen by chance and the same for the same seed.
struct DigestSample: Sendable {
    private let share: Share
    private let seed: UInt64

    /// A share.
    ///
    /// - Parameters:
    ///   - share: How much of all digests it holds.
    ///   - seed: Another number chooses other digests.
    init(_ share: Share, seed: UInt64) {
        self.share = share
        self.seed = seed
    }

    /// Whether a digest is chosen.
    func contains(_ digest: SHA256Digest) -> Bool {
        // The digest is as random as can be; the steps (splitmix64) make each seed choose independently.
        var value = digest.prefix &+ seed
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        value ^= value >> 31
        return value % 1_000_000 < UInt64(share.millionths)
    }
}
