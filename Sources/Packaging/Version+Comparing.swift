/// What the comparisons of version specifiers look at beside the order.
extension Version {
    /// Whether there is nothing but an epoch and a release.
    var isReleaseOnly: Bool {
        prerelease == nil && post == nil && development == nil && localSegments == nil
    }

    /// Whether two are the same but for the local version.
    func isSamePublic(as other: Version) -> Bool {
        isSameBase(as: other) && post == other.post && development == other.development
    }

    /// Whether epoch, release and pre-release are the same.
    func isSameBase(as other: Version) -> Bool {
        isSameRelease(as: other) && prerelease?.phase == other.prerelease?.phase
            && prerelease?.number == other.prerelease?.number
    }

    /// Whether epoch and release are the same, trailing zeros aside.
    func isSameRelease(as other: Version) -> Bool {
        epoch == other.epoch && hasRelease(startingAs: other, count: max(release.count, other.release.count))
    }

    /// Whether the epoch is the same, and the first numbers of the release, where missing ones are 0.
    func hasRelease(startingAs other: Version, count: Int) -> Bool {
        guard epoch == other.epoch else { return false }
        for index in 0..<count {
            let number = index < release.count ? release[index] : 0
            let wanted = index < other.release.count ? other.release[index] : 0
            guard number == wanted else { return false }
        }
        return true
    }
}
