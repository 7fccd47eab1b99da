internal import Packaging

/// A release as the closure sees it: where it could be installed.
package struct ClosureRelease: Hashable, Sendable {
    /// The version as spelled by its first file.
    package let version: String
    /// The environments with a file that can be used there and is not yanked.
    package internal(set) var usable = EnvironmentSet()
    /// The environments with a file that can be used there, yanked or not.
    package internal(set) var usableYanked = EnvironmentSet()
    /// The environments in which an sdist would have to be built.
    package internal(set) var builds = EnvironmentSet()
    /// The environments where a file could be used that a rule leaves out.
    package internal(set) var keptOut = EnvironmentSet()
    /// The rule that leaves such a file out.
    package internal(set) var rule: Rule?

    init(version: String) {
        self.version = version
    }
}

extension EnvironmentSet {
    /// The environments that a value of `Requires-Python` lets in; what cannot be read asks for nothing, as in pip.
    static func fitting(requiresPython text: String, _ environments: [ClosureEnvironment]) -> Self {
        guard let specifiers = try? VersionSpecifiers.parse(text) else { return Self(first: environments.count) }
        var fitting = Self()
        for (place, environment) in environments.enumerated()
        where environment.target.satisfies(requiresPython: specifiers) { fitting.formUnion(Self(place)) }
        return fitting
    }
}
