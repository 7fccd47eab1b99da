package import Packaging
internal import RegularExpression
package import SimpleIndex

extension Exclusion {
    /// Each pattern of some exclusions by itself, and who states it; what is no pattern is left out.
    ///
    /// - Parameter exclusions: The exclusions.
    /// - Returns: An exclusion for each pattern, in their order.
    package static func patterns(of exclusions: [Exclusion]) -> [Exclusion] {
        exclusions.flatMap { exclusion in
            exclusion.criterion.patterns.map { Exclusion($0, by: exclusion.rule) }
        }
    }

    /// The pattern, as it is written, where there is only one.
    package var pattern: String? {
        switch criterion {
        case .kinds(let kinds): kinds.first?.rawValue
        case .platforms(let patterns): patterns.first?.text
        case .releases(let patterns): patterns.first?.description
        case .filenames(let expressions): expressions.first?.pattern
        case .digests(let digests): digests.first.map { "sha256:\($0)" }
        case .pythons, .unusable, .prereleases, .yanked, .uploadedBefore, .uploadedFrom, .largerThan, .projects: nil
        }
    }

    /// Which of some exclusions leave out a file, each for itself, whatever else does.
    ///
    /// - Parameters:
    ///   - exclusions: The exclusions.
    ///   - files: Files of a project.
    ///   - project: The project.
    /// - Returns: The places of those that do.
    package static func matching(_ exclusions: [Exclusion], _ files: [PageFile], of project: ProjectName) -> [Int] {
        let concerned = exclusions.indices.filter { exclusions[$0].concerns(project) }
        guard !concerned.isEmpty, !files.isEmpty else { return [] }
        let page = CandidatePage(files, of: project)
        return concerned.filter { place in
            var alone = PageExclusions([exclusions[place]], on: page)
            return page.candidates.contains { alone.exclusion(of: $0) != nil }
        }
    }

    /// Whether it may leave out anything of a project.
    func concerns(_ project: ProjectName) -> Bool {
        switch criterion {
        case .releases(let patterns): patterns.contains { $0.projects.matches(project) }
        case .projects(let patterns): patterns.contains { $0.matches(project) }
        default: true
        }
    }
}

extension Exclusion.Criterion {
    /// Each pattern by itself; none for what is not a list of patterns of files.
    fileprivate var patterns: [Self] {
        switch self {
        case .kinds(let kinds): kinds.sorted { $0.rawValue < $1.rawValue }.map { .kinds([$0]) }
        case .platforms(let patterns): patterns.map { .platforms([$0]) }
        case .releases(let patterns): patterns.map { .releases([$0]) }
        case .filenames(let expressions): expressions.map { .filenames([$0]) }
        case .digests(let digests): digests.sorted().map { .digests([$0]) }
        case .pythons: [self]
        case .unusable, .prereleases, .yanked, .uploadedBefore, .uploadedFrom, .largerThan, .projects: []
        }
    }
}
