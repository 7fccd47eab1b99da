internal import Catalog
internal import Configuration
internal import Digest
internal import FileIO
internal import ObjectStore
internal import Packaging
internal import Record
internal import Scheduling
internal import Selection
internal import SystemPackage
internal import Transfer

/// What the tasks of one sync share.
final class SyncRun: Sendable {
    /// After this long, in seconds, a page is taken whose serial never reaches that of the root list.
    static let staleAcceptanceAge: Int64 = 86_400
    /// The most bytes of records that are worked on at once, so that large pages do not fill the memory.
    private static let pageBytes = 24 << 20

    let mirror: MirrorRoot
    let options: SyncOptions
    let upstream: Upstream
    /// What is kept.
    let selection: MirrorSelection
    let committer: GroupCommit
    let tally: SyncTally
    let removals = RemovalList()
    /// Which rules left files out.
    let rules = RuleUse()
    /// The longest wait in seconds between two requests for a page that is older than the list says.
    let staleRetryLimit: Int64
    /// Projects whose page is being asked for.
    let pageBudget: Budget
    /// Projects that are being worked on.
    let projectBudget: Budget
    /// Merged pages whose files are being had.
    let recordBudget: Budget
    /// Files that are being had.
    let fileBudget: Budget
    /// Parts of files that are being written to.
    let partials = PartialNames()
    private let answers = Locked((usable: 0, unusable: 0))

    init(_ mirror: MirrorRoot, options: SyncOptions, progress: SyncProgress) throws(MirrorError) {
        self.mirror = mirror
        self.options = options
        upstream = try Upstream(mirror)
        selection = try mirror.selection()
        committer = GroupCommit(mirror, distrusting: options.distrusted)
        tally = SyncTally(progress: progress)
        progress.watch(upstream.engine)
        staleRetryLimit = 2
        let connections = mirror.configuration.upstream.connections
        pageBudget = Budget(items: max(16, connections * 2))
        projectBudget = Budget(items: 512)
        recordBudget = Budget(items: 512, bytes: Self.pageBytes)
        fileBudget = Budget(items: max(64, connections * 8))
    }

    /// The key of a project.
    func key(of name: ProjectName) throws(MirrorError) -> ProjectKey {
        do throws(DigestError) {
            return try ProjectKey(name)
        } catch {
            throw .library("\(error)")
        }
    }

    /// Reads from the index on a thread that may wait.
    func read<Result: Sendable>(
        _ body: @escaping @Sendable (borrowing CatalogReader) throws(CatalogError) -> Result
    ) async throws(MirrorError) -> Result {
        let catalog = mirror.catalog
        return try await mirror.workers.runWrapping { () throws -> Result in try catalog.read(body) }
    }

    // MARK: Answers

    /// Whether the upstream has given any answer that means something.
    var hasUsableAnswer: Bool { answers.withLock { $0.usable > 0 } }

    /// Notes an answer that means something.
    func noteUsableAnswer() {
        answers.withLock { $0.usable += 1 }
    }

    /// Notes that a request for a list or a page had no answer that means anything.
    ///
    /// - Throws: ``MirrorError/unreachable(_:)`` after several of them and none that does, since there is no sense in
    ///   asking for the rest.
    func noteUnusableAnswer(_ error: TransferError) throws(MirrorError) {
        if case .local(let cause) = error.code { throw .file(cause) }
        guard error.code.concernsAll else { return }
        let isHopeless = answers.withLock { answers in
            answers.unusable += 1
            return answers.usable == 0 && (answers.unusable >= 3 || error.code.isOfHost)
        }
        if isHopeless { throw Self.unreachable(error) }
    }

    /// The error of a run in which nothing could be asked for.
    static func unreachable(_ error: TransferError) -> MirrorError {
        switch error.code {
        case .local(let cause): return .file(cause)
        case .status(401, _), .status(403, _), .credentialsRefused(401), .credentialsRefused(403):
            return .unreachable("\(error); the upstream refuses the credentials; nothing was changed")
        default: break
        }
        return .unreachable("\(error); nothing was changed")
    }

    // MARK: Commits

    /// Commits a row without a new record.
    func commit(
        _ row: ProjectRow,
        key: ProjectKey,
        isDurable: @escaping @Sendable () -> Void = {}
    ) async throws(MirrorError) {
        try await committer.submit(row, under: key, record: nil, isDurable: isDurable)
    }

    /// Commits a row and its new record.
    func commit(
        _ record: ProjectRecord,
        row: ProjectRow,
        key: ProjectKey,
        isDurable: @escaping @Sendable () -> Void = {}
    ) async throws(MirrorError) {
        try await mirror.submit(record, row: row, under: key, to: committer, isDurable: isDurable)
    }
}

extension TransferError.Code {
    /// Whether the failure is likely the same for every page of the upstream: nobody there, or nobody lets us in.
    fileprivate var concernsAll: Bool {
        switch self {
        case .unresolvable, .unreachable, .tls, .wrongPin, .tlsHandshake, .timeout, .connectionLost, .protocolError,
            .proxyRefused, .headTooLong:
            true
        case .status(let status, _): status == 401
        default: isOfHost
        }
    }

    /// Whether the engine found it out about the host, and not about one page.
    fileprivate var isOfHost: Bool {
        switch self {
        case .hostDown, .credentialsRefused: true
        default: false
        }
    }
}
