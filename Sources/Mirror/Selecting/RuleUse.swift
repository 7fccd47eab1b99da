internal import Scheduling
internal import Selection

/// Which rules left files out during a sync, so that those that nothing matches can be told.
final class RuleUse: Sendable {
    private let state = Locked((rules: Set<Rule>(), projects: 0))

    /// Notes the rules that left out files of one project.
    func note(_ rules: some Sequence<Rule>) {
        let rules = Set(rules)
        state.withLock { state in
            state.rules.formUnion(rules)
            state.projects += 1
        }
    }

    /// What there is to warn of when files of so many projects were decided on.
    ///
    /// - Parameters:
    ///   - selection: The rules.
    ///   - count: The projects that are selected; when others were not decided on, nothing can be said.
    /// - Returns: A line for each rule that left nothing out.
    func warnings(_ selection: MirrorSelection, selected count: Int) -> [String] {
        let (used, projects) = state.withLock { $0 }
        guard projects >= count, count > 0 else { return [] }
        return selection.files.exclusions.map(\.rule).filter { !used.contains($0) }
            .map { "\($0) leaves nothing out: no file matches" }
    }
}
