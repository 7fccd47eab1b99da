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

/// What the tasks of one sync share.
final class SyncRun: Sendable {
    /// The most bytes of records that are worked on at once, so that large pages do not fill the memory.
    private static let pageBytes = 24 << 20
    /// What the mark of a project is combined with where provenance is kept.
    private static let provenanceMark: UInt64 = 0x7065_702D_3734_3001

    let mirror: MirrorRoot
    let options: SyncOptions
    let upstreams: Upstreams
    /// The same, with what is known of each in this run.
    let sources: [SyncSource]
    private let selected: Locked<MirrorSelection>
    /// What came of the pages that were asked for while the closure was found.
    let asked = Locked<[ProjectName: AskedPage]>([:])
    /// What the closure of this run found; `nil` where none was looked for.
    let closure = Locked<FoundClosure?>(nil)
    /// Projects that are needed, and that the rules keep off.
    let barred = Locked<Set<ProjectName>>([])
    /// Whether some page is another one than its list speaks of, as when upstream published between the two.
    let hasPageBesideList = Locked(false)
    let committer: GroupCommit
    let tally: SyncTally
    let removals = RemovalList()
    /// Which patterns matched something.
    let rules: RuleUse
    /// Whether provenance documents are kept; they are published below a base URL or not at all.
    let keepsProvenance: Bool
    /// The longest wait in seconds between two requests for a page that is older than the list says.
    let staleRetryLimit: Int64
    /// Projects that are being worked on.
    let projectBudget: Budget
    /// Merged pages whose files are being had.
    let recordBudget: Budget
    /// Parts of files that are being written to.
    let partials = PartialNames()

    init(_ mirror: MirrorRoot, options: SyncOptions, progress: SyncProgress) throws(MirrorError) {
        self.mirror = mirror
        self.options = options
        upstreams = try Upstreams(of: mirror)
        var sources: [SyncSource] = []
        for upstream in upstreams.all { sources.append(try SyncSource(upstream)) }
        self.sources = sources
        selected = Locked(try mirror.selection())
        rules = RuleUse(try mirror.statedSelection())
        committer = GroupCommit(mirror, distrusting: options.distrusted)
        tally = SyncTally(progress: progress)
        progress.watch(upstreams.engines)
        keepsProvenance = mirror.configuration.publication.provenanceRoot != nil
        staleRetryLimit = 2
        projectBudget = Budget(items: 512)
        recordBudget = Budget(items: 512, bytes: Self.pageBytes)
    }

    /// Within how many seconds every project of each upstream is asked for again.
    var revalidation: [Int64] { sources.map { $0.upstream.settings.revalidation.components.seconds } }

    /// What is kept.
    var selection: MirrorSelection { selected.withLock { $0 } }

    /// Takes what was found to be needed into the selection.
    func follow(_ found: FoundClosure, _ selection: MirrorSelection) {
        closure.withLock { $0 = found }
        selected.withLock { $0 = selection }
    }

    /// The upstream that a project comes from; `nil` when none claims it.
    func source(of name: ProjectName) -> SyncSource? { mirror.claims.claim(of: name).map { sources[$0.upstream] } }

    /// A number that differs when the files of a project are chosen, or come from, elsewhere, or more goes with them.
    func mark(of name: ProjectName, from source: SyncSource) -> UInt64 {
        selection.mark(of: name) ^ source.mark ^ (keepsProvenance ? Self.provenanceMark : 0)
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
