internal import Catalog
internal import Configuration
internal import Digest
internal import FileIO
internal import ObjectStore
internal import Packaging
internal import Publication
internal import Record
internal import Scheduling
internal import SystemPackage
internal import Transfer

/// Mends the findings of one verification, class by class.
///
/// A finding whose outcome nobody sets is left as it was found.
struct Repairer: Sendable {
    private struct State {
        var findings: [Finding]
        /// Findings that turned out to be none.
        var vanished: Set<Int> = []
        var settled: Set<Int> = []
        /// Objects that were put back into records, and are to be published.
        var restored: [Had] = []
        var servers: Servers?
        var generation: UInt64?
        var needsPublication = false
        var needsNewGeneration = false
        /// Projects that the publication could not render, and why.
        var unpublished: [ProjectName: String] = [:]
    }

    /// The servers that may be asked for objects.
    struct Servers: Sendable {
        /// Those that projects come from.
        let upstreams: Upstreams
        /// The index that the options name.
        let other: Upstream?
    }

    let mirror: MirrorRoot
    let options: RepairOptions
    let quarantine: Quarantine
    /// Told to the threads that hash.
    let interruption = Interruption()
    /// When the repair began, in seconds since 1970.
    let start: Int64
    private let progress: VerifyProgress
    private let state: Locked<State>

    init(
        _ mirror: MirrorRoot,
        _ findings: [Finding],
        _ options: RepairOptions,
        progress: VerifyProgress
    ) {
        self.mirror = mirror
        self.options = options
        self.progress = progress
        quarantine = Quarantine(root: mirror.path, fileSystem: mirror.fileSystem)
        start = mirror.now()
        var findings = findings
        for index in findings.indices {
            findings[index].outcome = .left
            findings[index].repair = Self.advice(findings[index])
        }
        state = Locked(State(findings: findings))
    }

    /// The findings as they came, with what became of them so far.
    var findings: [Finding] { state.withLock { $0.findings } }

    /// What was done so far.
    var report: RepairReport {
        state.withLock { state in
            var report = RepairReport()
            for (index, finding) in state.findings.enumerated() where !state.vanished.contains(index) {
                report.findings.append(finding)
            }
            report.isInterrupted = Task.isCancelled
            report.generation = state.generation
            return report
        }
    }

    /// Notes what became of findings.
    func settle(_ indices: [Int], _ outcome: RepairOutcome, _ text: String) {
        let settled = state.withLock { state in
            for index in indices {
                state.findings[index].outcome = outcome
                state.findings[index].repair = text
                state.settled.insert(index)
            }
            return state.settled.count
        }
        progress.update { $0.items.done = max($0.items.done, settled) }
    }

    /// Adds to what is told of findings.
    func add(_ indices: [Int], _ text: String) {
        state.withLock { state in
            for index in indices {
                state.findings[index].repair = [state.findings[index].repair, text].compactMap { $0 }
                    .joined(separator: "; ")
            }
        }
    }

    /// Notes objects that records have again and pages not yet.
    func noteRestored(_ objects: [Had]) { state.withLock { $0.restored += objects } }

    /// Objects that records have again.
    var restored: [Had] { state.withLock { $0.restored } }

    /// Notes findings that turned out to be none.
    func drop(_ indices: [Int]) {
        state.withLock { state in
            // What this repair mended is right when it is read once more.
            state.vanished.formUnion(indices.filter { state.findings[$0].outcome != .repaired })
        }
    }

    /// The findings of some classes, by their places.
    func indices(of kinds: Set<Finding.Class>) -> [Int] {
        findings.indices.filter { kinds.contains(findings[$0].kind) }
    }

    // MARK: What is needed once

    /// The servers, whose engines are started when they are first needed.
    func servers() throws(MirrorError) -> Servers {
        if let servers = state.withLock({ $0.servers }) { return servers }
        let other: Upstream? = if case .index(let url) = options.source { try Upstream(url, for: mirror) } else { nil }
        let servers = Servers(upstreams: try Upstreams(of: mirror), other: other)
        // Only one task starts them: they are asked for before tasks begin.
        state.withLock { $0.servers = servers }
        return servers
    }

    /// Ends the engines, if there are any.
    func shutdown() {
        let servers = state.withLock { state in
            defer { state.servers = nil }
            return state.servers
        }
        servers?.upstreams.shutdown()
        servers?.other?.engine.shutdown()
    }

    // MARK: Publishing

    /// Notes that something changed that readers have to see.
    func notePublication(newGeneration: Bool = false) {
        state.withLock { state in
            state.needsPublication = true
            if newGeneration { state.needsNewGeneration = true }
        }
    }

    /// Publishes when something changed.
    ///
    /// - Returns: The projects that keep their old view, and why.
    func publish() async throws(MirrorError) -> [ProjectName: String] {
        let (isNeeded, always) = state.withLock { ($0.needsPublication, $0.needsNewGeneration) }
        guard isNeeded else { return state.withLock { $0.unpublished } }
        let state = state
        state.withLock { $0.unpublished = [:] }
        do throws(PublicationError) {
            // What nobody ever published is not published by a repair.
            let isPublished = try await mirror.publisher.isPublished()
            guard isPublished else { return [:] }
            if let (generation, postponed) = try await reduceHeld() {
                return state.withLock { state in
                    state.generation = generation.number
                    state.needsPublication = false
                    state.needsNewGeneration = false
                    state.unpublished = postponed
                    return postponed
                }
            }
            let (generation, _) = try await mirror.publisher.publish(
                always: always,
                problem: { name, error in
                    state.withLock { $0.unpublished[name] = "\(error)" }
                }
            )
            return state.withLock { state in
                state.generation = generation.number
                state.needsPublication = false
                state.needsNewGeneration = false
                return state.unpublished
            }
        } catch {
            throw .publication(error)
        }
    }

    /// Takes what is not here any more off the pages of readers who are held at an older generation; `nil` when they are
    /// not.
    private func reduceHeld() async throws(PublicationError) -> (Generation, [ProjectName: String])? {
        guard try mirror.publisher.held() != nil, let live = try mirror.publisher.slots.live() else { return nil }
        let showable: Showable
        do throws(MirrorError) {
            showable = try mirror.selection().showable
        } catch {
            // What is blocked is off these pages already.
            showable = Showable(isListed: { _ in true }, allows: { _, _ in true })
        }
        let names: [ProjectName]
        do throws(FileError) {
            names = try mirror.publisher.slots.projectNames(in: live)
        } catch {
            throw .file(error)
        }
        return try await mirror.publisher.reduce(Set(names), to: showable)
    }

    // MARK: Ways to the disk and the index

    /// Runs `body` on a thread that may wait.
    func onDisk<Result: Sendable>(
        _ body: @escaping @Sendable () throws -> Result
    ) async throws(MirrorError) -> Result {
        try await mirror.workers.runWrapping(body)
    }

    /// What to do about a class that is not repaired here.
    private static func advice(_ finding: Finding) -> String? {
        switch finding.kind {
        case .indexCorrupt, .indexDangling: "the index is made anew by `larder rebuild`"
        case .orphan where finding.object == nil: "nothing says whose it is; move it away"
        case .orphan: "it does no harm; `larder gc` frees it"
        case .ioError: "what could not be read may be right; look at the disk and verify again"
        default: nil
        }
    }
}
