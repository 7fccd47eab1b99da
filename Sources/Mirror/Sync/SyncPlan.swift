internal import Catalog
internal import Configuration
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
        /// What the root list says of it; `nil` when it does not name it, or was not seen.
        var listing: ProjectListing?
        /// Whether the root list names it.
        var isListed = false
        /// Whether it is here and the root list names it no more.
        var isMissing = false
        /// Whether only what others need asks for it.
        var isDependency = false
    }

    /// Projects to ask for, in the order of their names.
    var due: [Due] = []
    /// Projects of which nothing can be new.
    var unchanged = 0
    /// Projects that upstreams list and that come from them; those that are selected where none was asked for its list.
    var listed = 0
    /// Projects that are selected.
    var selected = 0
    /// Projects that are here and that the root list names no more.
    var missing: [ProjectName] = []
    /// Projects that are here and no longer selected.
    var deselected: [ProjectName] = []
    /// Projects that are here and that nobody needs any more, though whoever runs the mirror changed nothing: a matter
    /// of the guard.
    var unneeded: [ProjectName] = []
    /// Projects that are selected by name and that no upstream claims.
    var unclaimed: [ProjectName] = []
    /// Projects that could not be looked up, since the list of their upstream could not be had.
    var unreached = 0
    /// What the upstreams said, in their order; empty where none was asked for its list.
    var lists: [ListAnswer] = []

    /// The highest serial that an upstream stated for its list; `nil` for several upstreams, which count apart.
    var serial: UInt64? { lists.count == 1 ? lists[0].projects?.serial : nil }
}

/// What an upstream says when it is asked for its root list.
enum ListAnswer: Sendable {
    /// It was not asked.
    case none
    /// It has this one.
    case listed(ListedProjects)
    /// It has the one that the last sync saw, or one that is not followed.
    case unchanged
    /// It did not answer.
    case failed

    /// What it lists.
    var projects: ListedProjects? { if case .listed(let projects) = self { projects } else { nil } }
}

/// What a root list says, as far as a plan needs it.
struct ListedProjects: Sendable {
    /// The listed projects that are selected and come from the upstream.
    var projects: [ProjectName: ProjectListing] = [:]
    /// The number of all listed projects that come from the upstream.
    var count = 0
    /// Listed projects that an upstream before it claims; they are never had from here.
    var shadowed = 0
    /// The first few of them.
    var shadowedNames: [ProjectName] = []
    /// Listed projects that a pattern blocks, whoever claims them.
    var blocked: [ProjectName] = []
    /// Names that no project can have.
    var invalidNames: [String] = []
    /// The highest serial.
    var serial: UInt64?
    /// The list's validator.
    var validator: String?
}

/// What a root list says of one project.
struct ProjectListing: Sendable {
    /// The serial of its page.
    var serial: UInt64?
    /// The first 64 bits of the digest over what its page says, where the upstream is a mirror like this one.
    var content: UInt64?

    /// Whether a page is another one than the list knows, as far as both tell.
    func differs(from row: ProjectRow) -> Bool {
        // A mirror changes what pages say also where the serial, which is that of its own upstream, stays.
        serial == nil || serial != row.serial || content.map { $0 != row.listedContent } ?? false
    }
}

/// Decides which projects are due.
///
/// Pure but for the rows that it is shown one by one.
struct SyncPlanner: Sendable {
    let selection: ProjectSelection
    let claims: UpstreamClaims
    /// Within how many seconds every project of each upstream is asked for again, to catch what moves no serial.
    let revalidation: [Int64]
    /// A number that differs when the files of a project are chosen, or come from, elsewhere.
    let mark: @Sendable (ProjectName, _ upstream: Int) -> UInt64
    /// Whether files of a project are to be had that an earlier sync left.
    let lacksFiles: @Sendable (ProjectRow) -> Bool
    let now: Int64
    /// Projects of which upstream answered already, in this sync; there is something to do with that.
    let answered: Set<ProjectName>
    private(set) var plan = SyncPlan()
    private var seen: Set<ProjectName> = []
    /// Projects whose upstream has shown no list.
    private var unlisted = 0

    /// A planner for what the upstreams say of their lists.
    init(
        selection: ProjectSelection,
        claims: UpstreamClaims,
        revalidation: [Int64],
        lists: [ListAnswer],
        now: Int64,
        answered: Set<ProjectName> = [],
        lacksFiles: @escaping @Sendable (ProjectRow) -> Bool = { _ in false },
        mark: @escaping @Sendable (ProjectName, _ upstream: Int) -> UInt64
    ) {
        self.selection = selection
        self.claims = claims
        self.revalidation = revalidation
        self.now = now
        self.answered = answered
        self.lacksFiles = lacksFiles
        self.mark = mark
        plan.lists = lists
    }

    /// Takes a project that the index knows into account.
    mutating func consider(_ row: ProjectRow, key: ProjectKey) {
        let upstream = claims.claim(of: row.name)?.upstream
        guard let upstream, selection.contains(row.name) else {
            // What is named and claimed by none is told of, and kept: that is a slip rather than a wish.
            if selection.names.contains(row.name) { return }
            if row.state == .active || row.isIncomplete { plan.deselected.append(row.name) }
            return
        }
        seen.insert(row.name)
        switch plan.lists[upstream] {
        case .none:
            unlisted += 1
            plan.due.append(.init(name: row.name))
        case .failed:
            plan.unreached += 1
        case .unchanged:
            // A block that was lifted before any sync saw it left the list as it was.
            guard row.state == .active || row.isIncomplete || row.selection == ProjectRow.blockedSelection else {
                return
            }
            unlisted += 1
            let isActive = row.state == .active
            add(row, upstream, key: key, isDue: !isActive, listing: nil, isListed: isActive)
        case .listed(let listed):
            if let listing = listed.projects[row.name] {
                let isNew = row.state != .active || listing.differs(from: row)
                add(row, upstream, key: key, isDue: isNew, listing: listing, isListed: true)
            } else if row.state != .active {
                if selection.names.contains(row.name) { plan.due.append(.init(name: row.name)) }
            } else if row.selection != mark(row.name, upstream) || answered.contains(row.name) {
                // It may have come from another upstream, which is no matter of the guard; what answered is not gone.
                plan.due.append(.init(name: row.name, isMissing: true))
            } else {
                plan.missing.append(row.name)
            }
        }
    }

    /// Whether one project has to be asked for.
    enum Standing {
        case due(SyncPlan.Due)
        /// Nothing can be new.
        case current
        /// The list of its upstream could not be had.
        case unreached
    }

    /// Where one project stands that is to be kept, however its files are chosen.
    static func standing(
        of name: ProjectName,
        _ row: ProjectRow?,
        key: ProjectKey,
        claims: UpstreamClaims,
        revalidation: [Int64],
        lists: [ListAnswer],
        now: Int64
    ) -> Standing {
        guard let upstream = claims.claim(of: name)?.upstream else { return .due(.init(name: name)) }
        if case .failed = lists[upstream] { return .unreached }
        guard let row else {
            let listing = lists[upstream].projects?.projects[name]
            return .due(.init(name: name, listing: listing, isListed: listing != nil))
        }
        var planner = SyncPlanner(
            selection: .named([name]),
            claims: claims,
            revalidation: revalidation,
            lists: lists,
            now: now
        ) { _, _ in row.selection }
        planner.consider(row, key: key)
        if let due = planner.plan.due.first { return .due(due) }
        if !planner.plan.missing.isEmpty { return .due(.init(name: name, isMissing: true)) }
        return planner.plan.unchanged > 0 ? .current : .due(.init(name: name))
    }

    private mutating func add(
        _ row: ProjectRow,
        _ upstream: Int,
        key: ProjectKey,
        isDue: Bool,
        listing: ProjectListing?,
        isListed: Bool
    ) {
        let isOther = row.selection != mark(row.name, upstream) || row.nextRelease.map { $0 <= now } ?? false
        let isAnswered = answered.contains(row.name)
        let isOpen = row.isIncomplete || lacksFiles(row)
        if isDue || isAnswered || isOpen || isOther || isRevalidationDue(row, upstream, key: key) {
            plan.due.append(.init(name: row.name, listing: listing, isListed: isListed))
        } else {
            plan.unchanged += 1
        }
    }

    /// The plan, when all rows of the index were considered.
    mutating func finish() -> SyncPlan {
        for case .listed(let listed) in plan.lists {
            for (name, listing) in listed.projects where seen.insert(name).inserted {
                plan.due.append(.init(name: name, listing: listing, isListed: true))
            }
        }
        for name in selection.names where !seen.contains(name) {
            guard let upstream = claims.claim(of: name)?.upstream else {
                plan.unclaimed.append(name)
                continue
            }
            if case .failed = plan.lists[upstream] {
                plan.unreached += 1
                continue
            }
            if case .listed = plan.lists[upstream] {} else { unlisted += 1 }
            plan.due.append(.init(name: name))
        }
        plan.selected =
            selection.isOpen ? plan.due.count + plan.unchanged + plan.unreached : selection.names.count
        let lists = plan.lists.compactMap(\.projects)
        plan.listed = lists.isEmpty ? plan.selected : lists.reduce(unlisted) { $0 + $1.count }
        plan.due.sort { $0.name < $1.name }
        plan.missing.sort()
        plan.deselected.sort()
        plan.unclaimed.sort()
        return plan
    }

    /// Whether the moment of a project within the period came since it was last asked for.
    ///
    /// The moments of all projects are spread over the period, so that revalidation is a trickle.
    private func isRevalidationDue(_ row: ProjectRow, _ upstream: Int, key: ProjectKey) -> Bool {
        let period = revalidation[upstream]
        let moment = Int64(key.spread(below: UInt64(period)))
        let sinceMoment = ((now - moment) % period + period) % period
        return row.checkedAt < now - sinceMoment
    }
}
