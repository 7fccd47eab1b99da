internal import Packaging
internal import SimpleIndex

/// What was found out for one file of a page and holds for others too.
struct DecisionMemory {
    private var versions: [String: SpelledVersion] = [:]
    private var platforms: [Rule: [String: Bool]] = [:]
    private var requirements: [String: PythonVersions] = [:]
    private var fitting: [String: EnvironmentSet] = [:]
    private var accepting: [WheelTags: EnvironmentSet] = [:]

    /// A version by its spelling.
    mutating func version(_ spelling: String) -> SpelledVersion {
        if let known = versions[spelling] { return known }
        let version = SpelledVersion(spelling)
        versions[spelling] = version
        return version
    }

    /// Whether one of the patterns of a rule matches a platform.
    mutating func matches(_ platform: String, _ patterns: [PlatformPattern], of rule: Rule) -> Bool {
        if let known = platforms[rule]?[platform] { return known }
        let isMatch = patterns.contains { $0.matches(platform) }
        platforms[rule, default: [:]][platform] = isMatch
        return isMatch
    }

    /// The versions of Python that a file can be used with.
    mutating func versions(for candidate: Candidate) -> PythonVersions {
        var versions = PythonVersions.all
        if case .wheel(let tags) = candidate.name?.kind { versions = PythonVersions(tags) }
        if let text = candidate.file.requiresPython { versions.formIntersection(required(text)) }
        return versions
    }

    private mutating func required(_ text: String) -> PythonVersions {
        if let known = requirements[text] { return known }
        // What cannot be read asks for nothing, as installers take it.
        let versions = (try? VersionSpecifiers.parse(text)).map { PythonVersions($0) } ?? .all
        requirements[text] = versions
        return versions
    }

    /// The environments in which a file can be installed, by its name and `Requires-Python`; none where pip installs no
    /// file of its kind.
    ///
    /// For one page and one list of environments: what was found for another list would be taken for this one.
    mutating func environments(for candidate: Candidate, of all: [ClosureEnvironment]) -> EnvironmentSet {
        var usable = EnvironmentSet(first: all.count)
        switch candidate.name?.kind {
        case .wheel(let tags): usable = environments(accepting: tags, of: all)
        case .sdist: break
        default: return EnvironmentSet()
        }
        if let text = candidate.file.requiresPython { usable.formIntersection(environments(fitting: text, of: all)) }
        return usable
    }

    private mutating func environments(accepting tags: WheelTags, of all: [ClosureEnvironment]) -> EnvironmentSet {
        if let known = accepting[tags] { return known }
        var environments = EnvironmentSet()
        for (place, environment) in all.enumerated() where environment.target.accepts(tags) {
            environments.formUnion(EnvironmentSet(place))
        }
        accepting[tags] = environments
        return environments
    }

    private mutating func environments(fitting text: String, of all: [ClosureEnvironment]) -> EnvironmentSet {
        if let known = fitting[text] { return known }
        let environments = EnvironmentSet.fitting(requiresPython: text, all)
        fitting[text] = environments
        return environments
    }
}
