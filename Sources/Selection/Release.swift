internal import Packaging
internal import SimpleIndex

/// A release of a project, with those of its files that are kept so far.
struct Release {
    let version: SpelledVersion
    /// The places of its files.
    private(set) var files: [Int] = []
    /// Whether all of its files are yanked.
    private(set) var isYanked = true
    /// Whether none of its files may be shown yet.
    private(set) var isWithheld = true

    /// The releases of which a file is kept, in the order in which PyPI finds a project's newest: those with a file that
    /// is not yanked come before those without, final releases before prereleases, and then the higher version first.
    ///
    /// A version that PEP 440 does not know is older than all others, so that it never makes a project vanish; files
    /// without a version are one release of that kind.
    ///
    /// - Parameters:
    ///   - candidates: The files of a page.
    ///   - decisions: What was decided on each so far.
    ///   - countsPrereleases: Whether prereleases are not put behind final releases.
    /// - Returns: The newest first.
    static func newestFirst(
        _ candidates: [Candidate],
        _ decisions: [FileDecision],
        countsPrereleases: Bool
    ) -> [Release] {
        var releases: [Release] = []
        var places: [ReleaseKey: Int] = [:]
        for (index, candidate) in candidates.enumerated() where decisions[index].isWanted {
            let place = places[candidate.release] ?? releases.count
            if place == releases.count {
                places[candidate.release] = place
                releases.append(Release(version: candidate.version))
            }
            releases[place].files.append(index)
            if candidate.file.yanked == nil { releases[place].isYanked = false }
            if decisions[index] == .selected { releases[place].isWithheld = false }
        }
        return releases.sorted { $0.isNewer(than: $1, countsPrereleases: countsPrereleases) }
    }

    private func isNewer(than other: Release, countsPrereleases: Bool) -> Bool {
        if isYanked != other.isYanked { return other.isYanked }
        guard let known = version.version, let otherKnown = other.version.version else {
            return version.version != nil || other.version.version == nil && other.version < version
        }
        if !countsPrereleases, known.isPrerelease != otherKnown.isPrerelease { return otherKnown.isPrerelease }
        return otherKnown < known || known == otherKnown && other.version < version
    }
}
