internal import Packaging

/// What a closure knows of one project.
struct ClosureProject: Sendable {
    /// Who asks.
    enum Origin: Hashable, Sendable {
        /// The selection.
        case root
        /// A release of a project.
        case release(project: Int32, release: Int32)
    }

    /// Versions that are asked for.
    struct Want: Sendable {
        let specifiers: VersionSpecifiers
        /// Where.
        var environments: EnvironmentSet
        /// Where it was not looked for yet.
        var pending: EnvironmentSet
        /// Who asked first, and where.
        let origin: Origin
        let place: Int
    }

    /// Versions that the selection asks for, and where.
    struct Root: Sendable {
        let specifiers: VersionSpecifiers
        var environments = EnvironmentSet()
        /// With which extras.
        var extras: [ExtraName: EnvironmentSet] = [:]
    }

    /// What is known of the requirements of a release.
    enum Needs: Sendable {
        case unasked
        case asked
        /// The places of its requirements.
        case known([Int32])
        /// They cannot be known.
        case unknown
    }

    /// A release.
    struct Release: Sendable {
        var facts: ClosureRelease
        /// Its version, read.
        let version: SpelledVersion
        /// Where it is kept and its requirements are followed.
        var followed = EnvironmentSet()
        /// Where it is one of a set that can be installed together.
        var together = EnvironmentSet()
        /// The want for which it was first taken; -1 for none.
        var want: Int32 = -1
        /// Who asked for it in such a set, where nobody else did.
        var origin: Origin?
        var needs = Needs.unasked

        var isKept: Bool { !followed.isEmpty || !together.isEmpty }

        init(_ facts: ClosureRelease) {
            self.facts = facts
            version = SpelledVersion(facts.version)
        }
    }

    /// Whether its page is known.
    enum Page: Sendable {
        case unasked
        case asked
        case known
        /// There is none; why, and whether somebody is told of that elsewhere, or wanted it.
        case none(String, isTold: Bool)
    }

    let name: ProjectName
    var isRoot = false
    /// Whether somebody names it.
    var isNamed = false
    var page = Page.unasked
    /// The releases, the newest first.
    var releases: [Release] = []
    var places: [String: Int32] = [:]
    var wants: [Want] = []
    var roots: [Root] = []
    var wantPlaces: [VersionSpecifiers: Int] = [:]
    /// The extras that are asked for, and where.
    var extras: [ExtraName: EnvironmentSet] = [:]
    /// Whether it waits to be looked at.
    var isQueued = false

    init(name: ProjectName) {
        self.name = name
    }
}
