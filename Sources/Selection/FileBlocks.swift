package import Packaging

/// What must not be shown of projects that are not blocked as a whole: releases and digests, of which there may be
/// thousands that each concern one project.
package struct FileBlocks: Hashable, Sendable {
    /// The blocks, in the order in which they are stated.
    package let exclusions: [Exclusion]
    /// The places of those that concern the releases of one project.
    private let byName: [ProjectName: [Int]]
    /// The places of all others, digests among them.
    private let others: [Int]

    /// Blocks, in the order in which they are stated.
    package init(_ exclusions: [Exclusion] = []) {
        self.exclusions = exclusions
        var byName: [ProjectName: [Int]] = [:]
        var others: [Int] = []
        for (place, exclusion) in exclusions.enumerated() {
            if case .releases(let patterns) = exclusion.criterion, patterns.count == 1,
                let name = patterns[0].projects.name
            {
                byName[name, default: []].append(place)
            } else {
                others.append(place)
            }
        }
        (self.byName, self.others) = (byName, others)
    }

    /// Whether there is none.
    package var isEmpty: Bool { exclusions.isEmpty }

    /// What may block files of a project, in the order in which it is stated.
    package func concerning(_ project: ProjectName) -> [Exclusion] {
        guard !isEmpty else { return [] }
        let releases = (byName[project] ?? []) + others.filter { exclusions[$0].concerns(project) }
        return releases.sorted().map { exclusions[$0] }
    }

    /// Whether releases of a project are blocked, by whatever version.
    package func concernReleases(of project: ProjectName) -> Bool {
        byName[project] != nil
            || others.contains { place in
                guard case .releases(let patterns) = exclusions[place].criterion else { return false }
                return patterns.contains { $0.projects.matches(project) }
            }
    }

    /// The digests that are blocked, in lower-case hexadecimal.
    package var digests: Set<String> {
        others.reduce(into: []) { digests, place in
            if case .digests(let more) = exclusions[place].criterion { digests.formUnion(more) }
        }
    }

    /// The releases that are blocked.
    package var releases: [ReleasePattern] {
        exclusions.flatMap { exclusion -> [ReleasePattern] in
            guard case .releases(let patterns) = exclusion.criterion else { return [] }
            return patterns
        }
    }
}
