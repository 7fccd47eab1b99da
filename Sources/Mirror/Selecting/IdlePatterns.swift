internal import Packaging

/// Patterns of projects that matched no name so far.
struct IdlePatterns: Sendable {
    /// Those that name one project, of which there may be thousands.
    private var names: Set<ProjectName> = []
    private var globs: [ProjectPattern] = []

    init(_ patterns: some Sequence<ProjectPattern>) {
        for pattern in patterns {
            if let name = pattern.name {
                names.insert(name)
            } else if !pattern.isAll, !globs.contains(pattern) {
                globs.append(pattern)
            }
        }
    }

    /// Whether every pattern matched something.
    var isEmpty: Bool { names.isEmpty && globs.isEmpty }

    /// Whether a pattern matched nothing.
    func contains(_ pattern: ProjectPattern) -> Bool {
        pattern.name.map { names.contains($0) } ?? globs.contains(pattern)
    }

    /// Takes off what matches a name.
    mutating func note(_ name: ProjectName) {
        if !names.isEmpty { names.remove(name) }
        if !globs.isEmpty { globs.removeAll { $0.matches(name) } }
    }

    /// Takes off what matched something elsewhere.
    mutating func formIntersection(_ other: IdlePatterns) {
        names.formIntersection(other.names)
        globs.removeAll { !other.globs.contains($0) }
    }
}
