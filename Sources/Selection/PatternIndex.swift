package import Packaging

/// Patterns of projects with what states them, of which thousands may name one project each.
package struct PatternIndex: Sendable {
    /// The patterns, in the order in which they are stated.
    package let patterns: [ProjectSelection.Pattern]
    /// The first that names a project.
    private let byName: [ProjectName: Int]
    /// Those that may match several.
    private let globs: [Int]

    /// An index of patterns, in the order in which they are stated.
    package init(_ patterns: [ProjectSelection.Pattern]) {
        self.patterns = patterns
        var byName: [ProjectName: Int] = [:]
        var globs: [Int] = []
        for (place, pattern) in patterns.enumerated() {
            if let name = pattern.projects.name {
                byName[name] = byName[name] ?? place
            } else {
                globs.append(place)
            }
        }
        (self.byName, self.globs) = (byName, globs)
    }

    /// Whether there is none.
    package var isEmpty: Bool { patterns.isEmpty }

    /// The first pattern that matches a project; `nil` when none does.
    package func first(matching name: ProjectName) -> ProjectSelection.Pattern? {
        let named = byName[name]
        let glob = globs.first { $0 < named ?? .max && patterns[$0].projects.matches(name) }
        return (glob ?? named).map { patterns[$0] }
    }

    /// Whether a pattern matches a project.
    package func matches(_ name: ProjectName) -> Bool { first(matching: name) != nil }
}
