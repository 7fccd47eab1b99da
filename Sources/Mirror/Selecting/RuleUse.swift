internal import Digest
internal import Packaging
internal import Record
internal import Scheduling
internal import Selection
internal import SimpleIndex

/// Which patterns matched something during a sync, whatever came of it, so that those that nothing matches can be told.
final class RuleUse: Sendable {
    private struct State {
        var projects: IdlePatterns
        /// Patterns of files that matched none so far.
        var files: [Exclusion]
        /// Of how many projects the files were decided on.
        var decided = 0
    }

    private let stated: StatedPatterns
    private let selecting: [ProjectSelection.Pattern]
    /// The rules that leave files out each for itself.
    private let excluding: Set<Rule>
    private let state: Locked<State>

    init(_ selection: MirrorSelection) {
        stated = selection.patterns
        selecting = selection.projects.patterns
        excluding = Set((selection.files.blocks.exclusions + selection.files.exclusions).map(\.rule))
        let patterns = (stated.projects + selecting).map(\.projects)
        state = Locked(State(projects: IdlePatterns(patterns), files: stated.files))
    }

    /// Patterns of projects that matched no name so far.
    var idleProjects: IdlePatterns { state.withLock { $0.projects } }

    /// Notes that all but some patterns of projects matched a name.
    func keep(_ idle: IdlePatterns) { state.withLock { $0.projects.formIntersection(idle) } }

    /// Notes names of projects.
    func note(_ names: some Sequence<ProjectName>) {
        var idle = idleProjects
        for name in names {
            if idle.isEmpty { break }
            idle.note(name)
        }
        keep(idle)
    }

    /// Notes the files of a project on which was decided.
    ///
    /// What no rule leaves out matches none of the patterns; of the rest only those are tried that matched nothing yet.
    func note(_ merge: RecordMerge) {
        let idle = state.withLock { state in
            state.decided += 1
            return state.files
        }
        guard !idle.isEmpty else { return }
        let left = merge.record.files.filter { merge.leftOut[$0.filename].map(excluding.contains) ?? false }
        note(left.map(\.asKnown), of: merge.record.name, idle)
    }

    /// Notes the files of a project whose digests were known only when they arrived.
    func note(blocked record: ProjectRecord) {
        let idle = state.withLock { $0.files }.filter { $0.rule.key == StatedPatterns.digestsKey }
        guard !idle.isEmpty else { return }
        let own = record.files.filter { file in
            guard file.isDigestOurs, case .excluded = file.state else { return false }
            return true
        }
        note(own.map(\.asKnown), of: record.name, idle)
    }

    private func note(_ files: [PageFile], of project: ProjectName, _ idle: [Exclusion]) {
        let matched = Set(Exclusion.matching(idle, files, of: project).map { idle[$0] })
        guard !matched.isEmpty else { return }
        state.withLock { state in state.files.removeAll { matched.contains($0) } }
    }

    /// What there is to warn of, a line for each pattern.
    ///
    /// - Parameters:
    ///   - count: The projects that are selected; when files of others were not decided on, nothing is said of files.
    ///   - knowsNames: Whether all names that there are were noted, those of lists included where those are needed.
    ///   - hasLists: Whether all upstreams showed their lists, so that a name which none has is none.
    /// - Returns: The lines, in the order in which the patterns are stated.
    func warnings(selected count: Int, knowsNames: Bool, hasLists: Bool) -> [String] {
        let state = state.withLock { $0 }
        var lines: [String] = []
        if knowsNames {
            // What is blocked by name has a page that lists nothing for it, wherever else there is such a project.
            let told = (selecting + stated.projects).filter {
                hasLists || $0.projects.name == nil || $0.rule.key != StatedPatterns.blockedKey
            }
            lines += told.filter { state.projects.contains($0.projects) }
                .map { "\($0.rule): '\($0.projects)' matches no project" }
        }
        if state.decided >= count, count > 0 {
            lines += state.files.map { exclusion in
                exclusion.pattern.map { "\(exclusion.rule): '\($0)' matches no file" }
                    ?? "\(exclusion.rule) matches no file"
            }
        }
        return lines
    }
}
