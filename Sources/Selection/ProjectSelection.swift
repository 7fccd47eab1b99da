package import Packaging

/// The projects that a mirror keeps.
///
/// What is blocked is never kept, nor what is excluded, whoever asks for it.
package struct ProjectSelection: Sendable {
    /// A pattern of projects, and what states it.
    package struct Pattern: Hashable, Sendable {
        /// The projects.
        package let projects: ProjectPattern
        /// What states it.
        package let rule: Rule

        /// A pattern.
        package init(_ projects: ProjectPattern, by rule: Rule) {
            self.projects = projects
            self.rule = rule
        }
    }

    /// Where a project stands.
    package enum Standing: Equatable, Sendable {
        /// It is kept, since these ask for it.
        case selected([Rule])
        /// It is left out by a rule, though these ask for it.
        case excluded(Rule, asked: [Rule])
        /// It has to stay off, by a rule.
        case blocked(Rule)
        /// Nobody asks for it.
        case unselected
    }

    /// Names of projects that are asked for with all their files, such as those of `projects.txt`.
    private let listed: Set<ProjectName>
    /// What states those names.
    private let listing: Rule
    /// What asks for single projects.
    private let demands: [ProjectName: [Demand]]
    /// Patterns of projects that are asked for with all their files.
    package let patterns: [Pattern]
    /// Projects that are left out.
    package let excluded: PatternIndex
    /// Projects that have to stay off.
    package let blocked: PatternIndex
    /// The projects that are asked for by name and kept.
    package private(set) var names: Set<ProjectName>
    /// What a closure found beside; `nil` where none is followed, or nothing is known of it yet.
    package private(set) var closure: ClosureSelection?

    /// A selection.
    ///
    /// - Parameters:
    ///   - listed: Names of projects that are asked for with all their files.
    ///   - listing: What states those names.
    ///   - demands: What asks for single projects.
    ///   - patterns: Patterns of projects that are asked for with all their files.
    ///   - excluded: Projects that are left out.
    ///   - blocked: Projects that have to stay off.
    package init(
        listed: Set<ProjectName> = [],
        listing: Rule = Rule(key: "projects.txt"),
        demands: [ProjectName: [Demand]] = [:],
        patterns: [Pattern] = [],
        excluded: [Pattern] = [],
        blocked: [Pattern] = []
    ) {
        self.listed = listed
        self.listing = listing
        self.demands = demands
        self.patterns = patterns
        self.excluded = PatternIndex(excluded)
        self.blocked = PatternIndex(blocked)
        let asked = listed.union(demands.keys)
        names = []
        names = kept(asked)
    }

    /// Those names that are neither excluded nor blocked.
    private func kept(_ names: Set<ProjectName>) -> Set<ProjectName> {
        guard !excluded.isEmpty || !blocked.isEmpty else { return names }
        return names.filter { !excluded.matches($0) && !blocked.matches($0) }
    }

    /// The selection with what a closure found.
    package func following(_ closure: ClosureSelection) -> ProjectSelection {
        var selection = self
        selection.closure = closure
        selection.names = kept(listed.union(demands.keys).union(closure.entries.keys))
        return selection
    }

    /// The projects that are asked for by name, kept or not, with what a closure found.
    package var askedNames: Set<ProjectName> {
        listed.union(demands.keys).union(closure.map { Set($0.entries.keys) } ?? [])
    }

    /// The projects of which perhaps only single files are asked for.
    package var demandedNames: Set<ProjectName> { Set(demands.keys).union(closure.map { Set($0.entries.keys) } ?? []) }

    /// The projects from which a closure starts that are asked for by name.
    package var rootNames: Set<ProjectName> { kept(listed.union(demands.keys)).filter { !roots(of: $0).isEmpty } }

    /// What a closure starts from in a project; nothing when the selection does not ask for it.
    package func roots(of name: ProjectName) -> [ClosureRoot] {
        let isOpen = listed.contains(name) || patterns.contains { $0.projects.matches(name) }
        let everything = ClosureRoot(isNamed: listed.contains(name))
        return (isOpen ? [everything] : []) + (demands[name] ?? []).compactMap(\.root)
    }

    /// Whether projects are kept that nobody names, so that the upstream's list has to be asked for.
    package var isOpen: Bool { !patterns.isEmpty }

    /// Whether a project is kept.
    package func contains(_ name: ProjectName) -> Bool {
        if names.contains(name) { return true }
        guard patterns.contains(where: { $0.projects.matches(name) }) else { return false }
        return !excluded.matches(name) && !blocks(name)
    }

    /// What keeps a project off, whoever asks for it: a word for how, and the rule; `nil` when nothing does.
    package func barrier(of name: ProjectName) -> (verb: String, rule: Rule)? {
        if let pattern = blocked.first(matching: name) { return ("blocked", pattern.rule) }
        return excluded.first(matching: name).map { ("excluded", $0.rule) }
    }

    /// Whether a project has to stay off.
    package func blocks(_ name: ProjectName) -> Bool { blocked.matches(name) }

    /// Whether `projects.txt` lists a project.
    package func isListed(_ name: ProjectName) -> Bool { listed.contains(name) }

    /// The projects that are blocked by name, or asked for by name and blocked: they have a page that lists nothing,
    /// known or not.
    package var blockedNames: Set<ProjectName> {
        guard !blocked.isEmpty else { return [] }
        return Set(blocked.patterns.compactMap(\.projects.name)).union(listed.union(demands.keys).filter(blocks))
    }

    /// The patterns of projects that have to stay off, without those that name one.
    package var blockedPatterns: [ProjectPattern] { blocked.patterns.map(\.projects).filter { $0.name == nil } }

    /// What asks for a project's files; empty when all are asked for and none of them in particular, or nobody asks.
    package func demands(of name: ProjectName) -> [Demand] {
        guard let closure, let entry = closure.entries[name] else { return statedDemands(of: name) }
        let stated = demands[name] ?? []
        guard entry.isRoot else { return stated.filter { $0.root == nil } + [entry.demand(within: .none)] }
        if whole(name) != nil {
            // Who asks for everything has it, unless the closure decides what that is.
            guard closure.narrowsRoots else { return statedDemands(of: name) }
            return stated.filter(\.isExact) + [entry.demand(within: .none)]
        }
        let limits = StatedLimits(demands: stated.filter { $0.root != nil }, narrows: closure.narrowsRoots)
        return stated.filter { $0.root == nil } + [entry.demand(within: limits)]
    }

    /// What limits the files of a project from which a closure starts, whatever that finds; empty where nothing does.
    package func limitingDemands(of name: ProjectName) -> [Demand] {
        let stated = whole(name) == nil ? (demands[name] ?? []).filter { $0.root != nil } : []
        guard let rule = stated.first?.rule, stated.contains(where: \.isExact) else { return [] }
        return [Demand(.kept(nil, StatedLimits(demands: stated, narrows: true)), by: rule)]
    }

    private func statedDemands(of name: ProjectName) -> [Demand] {
        guard let demands = demands[name] else { return [] }
        guard let whole = whole(name) else { return demands }
        // The files that are asked for one by one are kept beside what rules leave.
        let exact = demands.filter(\.isExact)
        return exact.isEmpty ? [] : [Demand(.everything, by: whole)] + exact
    }

    /// What asks for all files of a project; `nil` when nothing does.
    private func whole(_ name: ProjectName) -> Rule? {
        demands[name]?.first(where: \.asksForAll)?.rule ?? (listed.contains(name) ? listing : nil)
            ?? patterns.first { $0.projects.matches(name) }?.rule
    }

    /// Where a project stands, and why.
    package func standing(of name: ProjectName) -> Standing {
        if let pattern = blocked.first(matching: name) { return .blocked(pattern.rule) }
        var asked = (demands[name] ?? []).map(\.rule)
        if listed.contains(name) { asked.append(listing) }
        asked += patterns.filter { $0.projects.matches(name) }.map(\.rule)
        asked += closure?.entries[name]?.reasons ?? []
        guard !asked.isEmpty else { return .unselected }
        if let pattern = excluded.first(matching: name) {
            return .excluded(pattern.rule, asked: asked)
        }
        return .selected(asked)
    }
}

extension ProjectSelection {
    /// Every project.
    package static let all = ProjectSelection(patterns: [Pattern(.all, by: Rule(key: "[select] projects"))])

    /// Projects by their names, with all their files.
    package static func named(_ names: Set<ProjectName>) -> ProjectSelection { ProjectSelection(listed: names) }

    /// A text that differs for selections that state something else, whatever a closure found.
    package var statement: String {
        let constraints = Set(demands.values.joined().compactMap(\.constraints))
            .map { ($0, $0.fingerprint) }.sorted { $0.1 < $1.1 }
        let places = Dictionary(
            constraints.enumerated().map { ($1.0, $0) },
            uniquingKeysWith: { first, _ in first }
        )
        let demanded = demands.map { name, demands in
            let texts = demands.map { "\($0.statement) \($0.constraints.flatMap { places[$0] } ?? -1)" }
            return "\(name) " + texts.sorted().joined(separator: "; ")
        }
        let named = listed.map(\.normalized).sorted().joined(separator: " ")
        return ([openness, named] + constraints.map(\.1) + demanded.sorted()).joined(separator: "\n")
    }

    /// A text that differs for selections that find other projects on the upstream's list.
    package var openness: String {
        let parts = [patterns, excluded.patterns, blocked.patterns].map {
            $0.map(\.projects.normalized).sorted().joined(separator: " ")
        }
        return (isOpen ? "open " : "named ") + parts.joined(separator: "; ")
    }
}
