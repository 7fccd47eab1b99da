internal import Catalog
internal import Digest
internal import Packaging
internal import Selection

/// What one sync has to ask for.
///
/// Made from the index and, where the upstream is asked for it, its root list.
struct SyncPlan: Sendable {
    /// A project to ask for.
    struct Due: Sendable {
        let name: ProjectName
        /// The serial that the root list gives it.
        var listedSerial: UInt64?
        /// Whether the root list names it.
        var isListed = false
        /// Whether it is here and the root list names it no more.
        var isMissing = false
    }

    /// Projects to ask for, in the order of their names.
    var due: [Due] = []
    /// Projects of which nothing can be new.
    var unchanged = 0
    /// Projects that the upstream lists; those that are selected when it was not asked.
    var listed = 0
    /// Projects that are selected.
    var selected = 0
    /// Projects that are here and that the root list names no more.
    var missing: [ProjectName] = []
    /// Projects that are here and no longer selected.
    var deselected: [ProjectName] = []
    /// Names in the root list that no project can have.
    var invalidNames: [String] = []
    /// Rules whose patterns match no project, as far as the root list tells.
    var unmatched: [Rule] = []
    /// What to remember of the root list when the run is whole.
    var validator: String?
    /// The highest serial of the root list.
    var serial: UInt64?
}

/// What a root list says, as far as a plan needs it.
struct ListedProjects: Sendable {
    /// The serials of the listed projects that are selected; `nil` for one without.
    var serials: [ProjectName: UInt64?] = [:]
    /// The number of all listed projects.
    var count = 0
    /// Names that no project can have.
    var invalidNames: [String] = []
    /// The highest serial.
    var serial: UInt64?
    /// The list's validator.
    var validator: String?
}

/// Decides which projects are due.
///
/// Pure but for the rows that it is shown one by one.
struct SyncPlanner: Sendable {
    /// Every project is asked for again at least this often, in seconds, to catch what moves no serial.
    static let revalidationPeriod: Int64 = 7 * 86_400

    let selection: MirrorSelection
    let now: Int64
    private(set) var plan = SyncPlan()
    private var listed: ListedProjects?
    private var isListUnchanged = false
    private var seen: Set<ProjectName> = []

    /// A planner for a root list; `nil` when the upstream is not asked for it or says that it has not changed.
    init(
        selection: MirrorSelection,
        now: Int64,
        listed: ListedProjects?,
        isListUnchanged: Bool
    ) {
        self.selection = selection
        self.now = now
        self.listed = listed
        self.isListUnchanged = isListUnchanged
        if let listed {
            plan.listed = listed.count
            plan.invalidNames = listed.invalidNames
            plan.validator = listed.validator
            plan.serial = listed.serial
        }
    }

    /// Takes a project that the index knows into account.
    mutating func consider(_ row: ProjectRow, key: ProjectKey) {
        guard selection.projects.contains(row.name) else {
            if row.state == .active || row.isIncomplete { plan.deselected.append(row.name) }
            return
        }
        if let listed {
            guard let serial = listed.serials[row.name] else {
                if row.state == .active {
                    seen.insert(row.name)
                    plan.missing.append(row.name)
                } else if selection.projects.names.contains(row.name) {
                    seen.insert(row.name)
                    plan.due.append(.init(name: row.name))
                }
                return
            }
            seen.insert(row.name)
            let isNew = row.state != .active || serial == nil || serial != row.serial
            add(row, key: key, isDue: isNew, listedSerial: serial, isListed: true)
        } else if isListUnchanged {
            seen.insert(row.name)
            guard row.state == .active || row.isIncomplete else { return }
            add(row, key: key, isDue: row.state != .active, listedSerial: nil, isListed: row.state == .active)
        } else {
            seen.insert(row.name)
            plan.due.append(.init(name: row.name))
        }
    }

    private mutating func add(
        _ row: ProjectRow,
        key: ProjectKey,
        isDue: Bool,
        listedSerial: UInt64?,
        isListed: Bool
    ) {
        let isOther = row.selection != selection.mark(of: row.name) || row.nextRelease.map { $0 <= now } ?? false
        if isDue || row.isIncomplete || isOther || isRevalidationDue(row, key: key) {
            plan.due.append(.init(name: row.name, listedSerial: listedSerial, isListed: isListed))
        } else {
            plan.unchanged += 1
        }
    }

    /// The plan, when all rows of the index were considered.
    mutating func finish() -> SyncPlan {
        if let listed {
            for (name, serial) in listed.serials where !seen.contains(name) {
                plan.due.append(.init(name: name, listedSerial: serial, isListed: true))
            }
            for name in selection.projects.names where !seen.contains(name) && listed.serials[name] == nil {
                plan.due.append(.init(name: name))
            }
        } else {
            for name in selection.projects.names where !seen.contains(name) { plan.due.append(.init(name: name)) }
        }
        plan.selected =
            selection.projects.isOpen ? plan.due.count + plan.unchanged : selection.projects.names.count
        if let listed { plan.unmatched = unmatched(listed) }
        if listed == nil { plan.listed = plan.selected }
        plan.due.sort { $0.name < $1.name }
        plan.missing.sort()
        plan.deselected.sort()
        return plan
    }

    /// Patterns that match nothing: of what is asked for no listed project, of what is excluded none that is asked for.
    private func unmatched(_ listed: ListedProjects) -> [Rule] {
        let projects = selection.projects
        let idle = projects.patterns.filter { pattern in
            !listed.serials.keys.contains { pattern.projects.matches($0) }
        }
        return idle.map { Rule(key: "the pattern '\($0.projects)'", place: $0.rule.description) }
    }

    /// Whether the moment of a project within the period came since it was last asked for.
    ///
    /// The moments of all projects are spread over the period, so that revalidation is a trickle.
    private func isRevalidationDue(_ row: ProjectRow, key: ProjectKey) -> Bool {
        let period = Self.revalidationPeriod
        let moment = Int64(key.spread(below: UInt64(period)))
        let sinceMoment = ((now - moment) % period + period) % period
        return row.checkedAt < now - sinceMoment
    }
}
