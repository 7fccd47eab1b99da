/// The place of a version in the order as one number, for versions as nearly all are: no epoch, no local version, up to
/// four numbers that are not too large, and one suffix at most.
///
/// Whether a version has such a key depends on its value only, so that of two equal ones both have it or neither has.
/// From the top: four numbers of the release in 14, 12, 12 and 8 bits, 3 bits for the suffix, 15 bits for its number.
struct VersionKey {
    /// The key; 0 where there is none.
    let value: UInt64

    init(
        epoch: VersionNumber,
        release: [VersionNumber],
        prerelease: (phase: Version.Phase, number: VersionNumber)?,
        post: VersionNumber?,
        development: VersionNumber?,
        hasLocal: Bool
    ) {
        value =
            Self.suffix(prerelease, post, development).flatMap { suffix in
                guard !hasLocal, epoch.isZero, let release = Self.release(release) else { return nil }
                return release << 18 | suffix
            } ?? 0
    }

    private static func release(_ numbers: [VersionNumber]) -> UInt64? {
        var key: UInt64 = 0
        for place in 0..<max(4, numbers.count) {
            var number: UInt64 = 0
            if place < numbers.count {
                guard case .small(let small) = numbers[place] else { return nil }
                number = small
            }
            let bits: UInt64 = place == 0 ? 14 : place < 3 ? 12 : place == 3 ? 8 : 0
            guard number >> bits == 0 else { return nil }
            key = key << bits | number
        }
        return key
    }

    /// In the order of PEP 440: dev, a, b, rc, nothing, post; never 0.
    private static func suffix(
        _ prerelease: (phase: Version.Phase, number: VersionNumber)?,
        _ post: VersionNumber?,
        _ development: VersionNumber?
    ) -> UInt64? {
        let (kind, number): (UInt64, VersionNumber)
        switch (prerelease, post, development) {
        case (nil, nil, nil): return 5 << 15
        case (nil, nil, let development?): (kind, number) = (1, development)
        case (let prerelease?, nil, nil): (kind, number) = (1 + UInt64(prerelease.phase.rawValue), prerelease.number)
        case (nil, let post?, nil): (kind, number) = (6, post)
        default: return nil
        }
        guard case .small(let small) = number, small >> 15 == 0 else { return nil }
        return kind << 15 | small
    }
}
