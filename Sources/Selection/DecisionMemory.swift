internal import Packaging
internal import SimpleIndex

/// Where files of a page can be used: what was found out for one of them and holds for others too.
struct DecisionMemory {
    private var requirements: [String: PythonVersions] = [:]
    private var fitting: [String: EnvironmentSet] = [:]
    /// By the place of a kind.
    private var accepting: [Int: EnvironmentSet] = [:]

    /// The versions of Python that a file can be used with.
    mutating func versions(for candidate: Candidate) -> PythonVersions {
        var versions = PythonVersions.all
        if case .wheel(let tags) = candidate.kind { versions = PythonVersions(tags) }
        if let text = candidate.requiresPython { versions.formIntersection(required(text)) }
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
    /// For one page and one list of environments: what was found for others would be taken for these.
    mutating func environments(for candidate: Candidate, of all: [ClosureEnvironment]) -> EnvironmentSet {
        guard let kind = candidate.reading?.kind else { return EnvironmentSet() }
        var usable = environments(acceptingKind: kind, of: candidate.page, all)
        if let text = candidate.requiresPython { usable.formIntersection(environments(fitting: text, of: all)) }
        return usable
    }

    private mutating func environments(
        acceptingKind kind: Int,
        of page: CandidatePage,
        _ all: [ClosureEnvironment]
    ) -> EnvironmentSet {
        if let known = accepting[kind] { return known }
        var environments = EnvironmentSet()
        switch page.names.kinds[kind] {
        case .wheel(let tags):
            for (place, environment) in all.enumerated() where environment.target.accepts(tags) {
                environments.formUnion(EnvironmentSet(place))
            }
        case .sdist: environments = EnvironmentSet(first: all.count)
        default: break
        }
        accepting[kind] = environments
        return environments
    }

    private mutating func environments(fitting text: String, of all: [ClosureEnvironment]) -> EnvironmentSet {
        if let known = fitting[text] { return known }
        let environments = EnvironmentSet.fitting(requiresPython: text, all)
        fitting[text] = environments
        return environments
    }
}
