internal import Packaging
internal import SimpleIndex

/// A release of a project, as far as its files are kept.
struct Release {
    /// Whether its version is a prerelease; `nil` where it is none of PEP 440, or there is none.
    let isPrerelease: Bool?
    /// Whether any file is kept.
    fileprivate(set) var hasFiles = false
    /// Whether all of these files are yanked.
    fileprivate(set) var isYanked = true
    /// Whether none of them may be shown yet.
    fileprivate(set) var isWithheld = true
    /// Their bytes together.
    fileprivate(set) var size: UInt64 = 0

    fileprivate init(isPrerelease: Bool?) {
        self.isPrerelease = isPrerelease
    }
}

/// The releases of a page, the oldest version first.
struct Releases {
    private var releases: [Release]
    /// The place of the release that a version stands for, by the place of the version.
    private var placesOfVersions: [Int]

    /// The releases, and what is to be known of their files that are kept so far.
    init(_ page: CandidatePage, _ decisions: [FileDecision]) {
        let versions = page.names.versions
        // Files without a version are one release, older than all others.
        releases = [Release(isPrerelease: nil)]
        placesOfVersions = Array(repeating: 0, count: versions.count)
        var previous: Int?
        // Most pages list their files by version, and what is in order is sorted in no time.
        for place in versions.indices.sorted(by: { versions[$0] < versions[$1] }) {
            if previous.map({ !versions[place].isSameRelease(as: versions[$0]) }) ?? true {
                releases.append(Release(isPrerelease: versions[place].version?.isPrerelease))
            }
            placesOfVersions[place] = releases.count - 1
            previous = place
        }
        for candidate in page.candidates where decisions[candidate.place].isWanted {
            add(candidate, isWithheld: decisions[candidate.place].isWithheld)
        }
    }

    private mutating func add(_ candidate: Candidate, isWithheld: Bool) {
        let place = place(of: candidate)
        releases[place].hasFiles = true
        if !candidate.isYanked { releases[place].isYanked = false }
        if !isWithheld { releases[place].isWithheld = false }
        let (size, overflow) = releases[place].size.addingReportingOverflow(candidate.size ?? 0)
        releases[place].size = overflow ? .max : size
    }

    /// How many there are, those included of which no file is kept.
    var count: Int { releases.count }

    /// A release by its place.
    subscript(place: Int) -> Release { releases[place] }

    /// The place of the release that a file belongs to.
    func place(of candidate: Candidate) -> Int {
        candidate.reading.map { placesOfVersions[$0.version] } ?? 0
    }

    /// The places of the releases of which a file is kept, in the order in which PyPI finds a project's newest: those with
    /// a file that is not yanked come before those without, final releases before prereleases, and then the higher version
    /// first.
    ///
    /// A version that PEP 440 does not know is older than all others, so that it never makes a project vanish.
    ///
    /// - Parameter countsPrereleases: Whether prereleases are not put behind final releases.
    /// - Returns: The newest first.
    func newestFirst(countsPrereleases: Bool) -> [Int] {
        var groups = Array(repeating: [Int](), count: 6)
        for (place, release) in releases.enumerated().reversed() where release.hasFiles {
            let group = release.isPrerelease.map { $0 && !countsPrereleases ? 1 : 0 } ?? 2
            groups[release.isYanked ? 3 + group : group].append(place)
        }
        return Array(groups.joined())
    }
}

extension SpelledVersion {
    /// Whether both name one release, as ``ReleaseKey`` has it.
    fileprivate func isSameRelease(as other: SpelledVersion) -> Bool {
        if let version, let otherVersion = other.version { version == otherVersion } else { self == other }
    }
}
