import Catalog
import Configuration
import Packaging
import Selection
import Testing

@testable import Mirror

struct SyncPlanTests {
    private let period: Int64 = 7 * 86_400

    private func row(
        _ name: String,
        _ state: ProjectRow.State = .active,
        serial: UInt64? = 1,
        checkedAt: Int64 = .max,
        isIncomplete: Bool = false
    ) throws -> ProjectRow {
        var row = ProjectRow(name: try project(name))
        row.state = state
        row.serial = serial
        row.checkedAt = checkedAt
        row.isIncomplete = isIncomplete
        row.selection = 7
        return row
    }

    private func list(_ serials: [String: UInt64?]) throws -> ListedProjects {
        var listed = ListedProjects()
        for (name, serial) in serials { listed.projects[try project(name)] = ProjectListing(serial: serial) }
        listed.count = serials.count + 2
        listed.validator = "tag"
        return listed
    }

    private func plan(
        _ rows: [ProjectRow],
        selection: ProjectSelection = .all,
        mark: UInt64 = 7,
        now: Int64 = 1_000_000,
        listed: ListedProjects? = nil,
        isListUnchanged: Bool = false
    ) throws -> SyncPlan {
        let list = listed.map { ListAnswer.listed($0) } ?? (isListUnchanged ? .unchanged : .none)
        return try plan(rows, selection: selection, mark: mark, now: now, upstreams: [(["*"], list)])
    }

    private func plan(
        _ rows: [ProjectRow],
        selection: ProjectSelection,
        mark: UInt64 = 7,
        now: Int64 = 1_000_000,
        upstreams: [(claims: [String], list: ListAnswer)]
    ) throws -> SyncPlan {
        let settings = try upstreams.map { claims, _ in
            var upstream = Configuration.Upstream(url: try IndexURL("https://index.example/simple/"))
            upstream.claims = claims.compactMap { ProjectPattern($0) }
            return upstream
        }
        var planner = SyncPlanner(
            selection: selection,
            claims: UpstreamClaims(settings),
            revalidation: upstreams.map { _ in period },
            lists: upstreams.map(\.list),
            now: now
        ) { _, upstream in mark + UInt64(upstream) }
        for row in rows { planner.consider(row, key: try ProjectKey(row.name)) }
        return planner.finish()
    }

    private func names(_ plan: SyncPlan) -> [String] { plan.due.map(\.name.normalized) }

    @Test func aProjectIsDueWhenSomethingCanBeNew() throws {
        let rows = [
            try row("same"), try row("newer"), try row("broken", isIncomplete: true), try row("back", .removed),
            try row("unseen", .unseen), try row("old", checkedAt: 0), try row("no-serial", serial: nil),
        ]
        var listed: [String: UInt64?] = ["added": 4, "newer": 2, "no-serial": UInt64?.none]
        for name in ["same", "broken", "back", "unseen", "old"] { listed[name] = .some(1) }
        let plan = try plan(rows, listed: try list(listed))
        #expect(names(plan) == ["added", "back", "broken", "newer", "no-serial", "old", "unseen"])
        #expect(plan.unchanged == 1)
        #expect(plan.selected == 8)
        #expect(plan.listed == 10)
        #expect(plan.due.allSatisfy { $0.isListed })
        #expect(plan.due.first { $0.name.normalized == "newer" }?.listing?.serial == 2)
    }

    @Test func anotherSelectionMakesEverythingDue() throws {
        let plan = try plan([try row("a"), try row("b")], mark: 8, listed: try list(["a": 1, "b": 1]))
        #expect(names(plan) == ["a", "b"])
    }

    @Test func aProjectIsDueWhenAFileNeedNotWaitAnyLonger() throws {
        var (soon, late) = (try row("soon"), try row("late"))
        soon.nextRelease = 1_000_000
        late.nextRelease = 1_000_001
        #expect(names(try plan([soon, late], listed: try list(["soon": 1, "late": 1]))) == ["soon"])
    }

    @Test func whatTheListHasNoMoreIsMissingAndNotAskedFor() throws {
        let rows = [try row("gone"), try row("removed", .removed), try row("unseen", .unseen, isIncomplete: true)]
        let plan = try plan(rows, listed: try list([:]))
        #expect(plan.missing.map(\.normalized) == ["gone"])
        #expect(plan.due.isEmpty)
        #expect(plan.deselected.isEmpty)
    }

    @Test func namesThatTheListDoesNotHaveAreAskedForAllTheSame() throws {
        let names = Set(try ["here", "gone", "new", "unknown", "removed"].map { try project($0) })
        let rows = [
            try row("here"), try row("gone"), try row("removed", .removed), try row("other"),
            try row("former", .removed),
        ]
        let plan = try plan(rows, selection: .named(names), listed: try list(["here": 1, "new": 1]))
        #expect(self.names(plan) == ["new", "removed", "unknown"])
        #expect(plan.missing.map(\.normalized) == ["gone"])
        #expect(plan.deselected.map(\.normalized) == ["other"])
        #expect(plan.unchanged == 1)
        #expect(plan.selected == 5)
    }

    @Test func withoutAListEveryNameIsDue() throws {
        let names = Set(try ["a", "b"].map { try project($0) })
        let plan = try plan([try row("a"), try row("c")], selection: .named(names))
        #expect(self.names(plan) == ["a", "b"])
        #expect(plan.deselected.map(\.normalized) == ["c"])
        #expect(plan.listed == 2)
    }

    @Test func anUnchangedListLeavesOnlyWhatIsUnfinished() throws {
        let rows = [
            try row("same"), try row("broken", isIncomplete: true), try row("gone", .removed),
            try row("half", .unseen, isIncomplete: true), try row("old", checkedAt: 0),
        ]
        let plan = try plan(rows, isListUnchanged: true)
        #expect(names(plan) == ["broken", "half", "old"])
        #expect(plan.unchanged == 1)
    }

    @Test func aNameCountsOnlyInTheListOfTheUpstreamThatClaimsIt() throws {
        // What is listed elsewhere is left out before, by the same claims.
        let upstreams: [(claims: [String], list: ListAnswer)] = [
            (["a-*", "b"], .listed(try list(["a-new": 4]))), (["c-*"], .failed), (["d"], .none),
            (["e-*"], .unchanged),
        ]
        var moved = try row("a-moved")
        moved.selection = 9
        let rows = [
            try row("a-gone"), moved, try row("c-kept"), try row("d", serial: 9), try row("e-same"), try row("other"),
        ]
        // The mark of an upstream differs from that of the one before it.
        let marked = rows.map { row in
            var row = row
            if row.name.normalized.hasPrefix("e") { row.selection = 10 }
            return row
        }
        let all = try plan(marked, selection: .all, upstreams: upstreams)
        #expect(names(all) == ["a-moved", "a-new", "d"])
        #expect(all.due.map(\.isMissing) == [true, false, false])
        #expect(all.missing.map(\.normalized) == ["a-gone"])
        #expect(all.deselected.map(\.normalized) == ["other"])
        #expect(all.unchanged == 1 && all.unreached == 1 && all.unclaimed.isEmpty)
        #expect(all.serial == nil)

        let names = Set(try ["b", "c-kept", "c-new", "d", "other", "unknown"].map { try project($0) })
        let named = try plan(marked, selection: .named(names), upstreams: upstreams)
        #expect(self.names(named) == ["a-new", "b", "d"])
        #expect(named.unclaimed.map(\.normalized) == ["other", "unknown"])
        #expect(named.unreached == 2)
        #expect(named.deselected.map(\.normalized) == ["a-gone", "a-moved", "e-same"])
        #expect(named.selected == 6)
    }

    @Test func everyProjectIsAskedForOnceAPeriodAndNotAllAtOnce() throws {
        let start: Int64 = 1_700_000_000
        let day: Int64 = 86_400
        var rows = try (0..<700).map { try row("p\($0)", checkedAt: start) }
        let listed = try list(Dictionary(uniqueKeysWithValues: rows.map { ($0.name.normalized, 1) }))
        #expect(try plan(rows, now: start, listed: listed).due.isEmpty)
        var asked: [ProjectName: Int] = [:]
        for day in stride(from: start + day, through: start + period, by: Int(day)) {
            let due = try plan(rows, now: day, listed: listed).due
            #expect((50...150).contains(due.count))
            for project in due { asked[project.name, default: 0] += 1 }
            let names = Set(due.map(\.name))
            for index in rows.indices where names.contains(rows[index].name) { rows[index].checkedAt = day }
        }
        #expect(asked.count == 700)
        #expect(asked.values.allSatisfy { $0 == 1 })
    }

    @Test func aClockThatWentBackAsksForNothingTwice() throws {
        let rows = [try row("a", checkedAt: 2_000_000)]
        #expect(try plan(rows, now: 1_000_000, listed: try list(["a": 1])).due.isEmpty)
    }

    @Test func theGuardHasASmallestNumberAndThenAShare() throws {
        let standard = Configuration.RemovalGuard()
        let small = RemovalGuard(standard, projects: 0, files: 0)
        #expect(small.projects == 10)
        #expect(small.files == 100)
        let edge = RemovalGuard(standard, projects: 549, files: 2_019)
        #expect(edge.projects == 10)
        #expect(edge.files == 100)
        let large = RemovalGuard(standard, projects: 600_000, files: 10_000_000)
        #expect(large.projects == 12_000)
        #expect(large.files == 500_000)
        var none = Configuration.RemovalGuard()
        none.removals = try Share(configuration: "0%")
        #expect(RemovalGuard(none, projects: 1_000_000, files: 1_000_000).projects == 10)
        var all = Configuration.RemovalGuard()
        all.removals = try Share(configuration: "100%")
        #expect(RemovalGuard(all, projects: 1_000, files: 1_000).projects == 1_000)
        #expect(RemovalGuard(all, projects: 1_000, files: 1_000).files == 1_000)
    }

    @Test func removalsAreListedInOrder() throws {
        let list = RemovalList()
        for name in ["b", "a"] {
            list.note(project: try project(name))
            list.note(files: ["x", "y"], of: try project(name))
        }
        #expect(list.content.projects.map(\.normalized) == ["a", "b"])
        #expect(list.content.files.map(\.project.normalized) == ["a", "b"])
        #expect(list.content.fileCount == 4)
    }
}
