internal import Catalog
internal import Configuration
internal import Logging
package import Packaging
internal import Scheduling
internal import Selection
internal import SystemPackage

/// Asks upstream again for pages that somebody asks for, when they are older than some age.
///
/// Whoever asks gets what is here, and does not wait. Pages are asked for in batches, each a sync of these projects, with
/// pauses between them; whoever runs a command of the mirror meanwhile waits for the batch.
package final class PageRefresh: Sendable {
    /// The most projects of one batch.
    private static let batchSize = 200
    /// How many projects are looked at for a batch.
    private static let lookSize = 5_000
    /// The most projects that wait to be looked at, and of which is known that they need not be.
    private static let limit = 50_000
    /// The shortest pause between two batches.
    private static let pause = Duration.seconds(2)
    /// How long nobody asks again for what could not be had.
    private static let failureTime: Int64 = 60

    private struct State {
        var waiting: Set<ProjectName> = []
        /// Until when a page is young enough, or not worth another try, in seconds since 1970.
        var young: [ProjectName: Int64] = [:]
        var refreshed = 0
    }

    private let served: ServedMirror
    private let now: @Sendable () -> Int64
    private let logger: Logger
    private let age: Int64
    private let state = Locked(State())

    /// What asks again for a mirror's pages.
    ///
    /// - Parameters:
    ///   - served: The mirror.
    ///   - age: After how long a page is asked for again.
    package init(of served: ServedMirror, after age: Duration) async {
        self.served = served
        let mirror = await served.current
        (now, logger) = (mirror.now, mirror.logger)
        self.age = max(1, age.components.seconds)
    }

    /// How many projects were asked for again.
    package var refreshedCount: Int { state.withLock { $0.refreshed } }

    /// Takes note that somebody asks for a project's pages; any name will do, and nothing is waited for.
    package func note(_ project: ProjectName) {
        let now = now()
        state.withLock { state in
            if let until = state.young[project] {
                if until > now { return }
                state.young[project] = nil
            }
            if state.waiting.count < Self.limit { state.waiting.insert(project) }
        }
    }

    /// Asks for what is noted, until the task is cancelled.
    package func run() async {
        var pause = Self.pause
        while !Task.isCancelled {
            try? await Task.sleep(for: pause)
            let start = ContinuousClock.now
            do throws(MirrorError) {
                let mirror = await served.current
                do throws(MirrorError) {
                    // By what configuration and lists say now.
                    try await refreshBatch(of: mirror.workers.run { () throws(MirrorError) in try mirror.renewed() })
                } catch {
                    guard case .indexReplaced = error else { throw error }
                    _ = try await served.reopened(from: mirror)
                }
            } catch {
                if case .locked = error { continue }
                logger.warning("pages cannot be asked for again now: \(error)")
            }
            // What takes long is done less often, so that it never takes most of the mirror's time.
            pause = max(Self.pause, min(.seconds(600), (ContinuousClock.now - start) * 4))
        }
    }

    private func refreshBatch(of mirror: MirrorRoot) async throws(MirrorError) {
        let names = state.withLock { Array($0.waiting.prefix(Self.lookSize)) }
        guard !names.isEmpty else { return }
        let due = Array(try await dueNames(among: names, mirror).prefix(Self.batchSize))
        guard !due.isEmpty else { return }
        var options = SyncOptions()
        options.projects = due
        options.isBrief = true
        do throws(MirrorError) {
            let report = try await mirror.sync(options)
            guard report.outcome != .interrupted else { return }
            let failed = Set(report.failures.compactMap(\.project))
            rest(due.filter { failed.contains($0) }, for: min(age, Self.failureTime))
            rest(due.filter { !failed.contains($0) }, for: age)
            state.withLock { $0.refreshed += due.count { !failed.contains($0) } }
        } catch {
            // Another command does something better, or the same is tried at once with the index that is there now.
            switch error {
            case .locked, .indexReplaced: throw error
            default: break
            }
            rest(due, for: min(age, Self.failureTime))
            throw error
        }
    }

    /// Which projects are to be asked for; the others need not be looked at for a while.
    private func dueNames(among names: [ProjectName], _ mirror: MirrorRoot) async throws(MirrorError) -> [ProjectName] {
        let (selection, claims) = (try await mirror.newestSelection(), mirror.claims)
        let (age, now) = (age, now())
        let ages = try await mirror.read { catalog throws(CatalogError) -> [(name: ProjectName, rest: Int64)] in
            var ages: [(name: ProjectName, rest: Int64)] = []
            for name in names {
                guard let key = try? ProjectKey(name), let row = try catalog.row(of: key, in: Tables.projects),
                    row.name == name, row.state == .active, selection.projects.contains(name),
                    claims.claim(of: name) != nil
                else {
                    ages.append((name, age))
                    continue
                }
                ages.append((name, row.checkedAt + age - now))
            }
            return ages
        }
        for entry in ages where entry.rest > 0 { rest([entry.name], for: entry.rest) }
        return ages.filter { $0.rest <= 0 }.map { $0.name }
    }

    private func rest(_ names: [ProjectName], for time: Int64) {
        let until = now() + time
        state.withLock { state in
            // What is forgotten is only looked up once more.
            if state.young.count + names.count > Self.limit { state.young.removeAll() }
            for name in names {
                state.young[name] = until
                state.waiting.remove(name)
            }
        }
    }
}
