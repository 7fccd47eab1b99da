internal import FileIO
internal import Glibc
internal import Scheduling
internal import SystemPackage

/// Makes downloaded files durable in groups, and gives them their names.
///
/// The order is bytes, then names: a file that has its name is whole, whatever happens to the machine. One `syncfs`
/// costs the disk about as much as one `fsync`, and here two stand for thousands of files (design, "Commit order"). One
/// thread commits; while it waits for the disk, the next group gathers, and what was written so far is on its way to
/// the disk while more is downloaded. After an error everything that is submitted later is void: what a failed sync
/// left on disk is not known.
final class FetchCommit: Sendable {
    /// The most files in one group.
    private static let groupSize = 8_192
    /// A group of this size waits for no more.
    private static let ampleSize = 3_072
    /// A group of so many bytes waits for no more either.
    private static let ampleBytes: UInt64 = 256 << 20
    /// How long a smaller group waits for more, in steps of 10 ms.
    private static let gatheringSteps = 30

    /// A file that is whole and not yet durable.
    struct Change: Sendable {
        var file: FetchedFile
        /// What it is called so far; `nil` for one that has its name.
        let partial: FilePath?
    }

    private struct State {
        var pending: [Change] = []
        var pendingBytes: UInt64 = 0
        var isCommitting = false
        var isFinishing = false
        var failure: FileError?
    }

    private let barrier: FileSystemBarrier
    private let overwrites: Bool
    private let fileSystem: any FileSystem
    private let settled: @Sendable (FetchedFile) -> Void
    private let state = Locked(State())
    private let thread = WorkerPool(name: "larder-commit", threadCount: 1)
    /// Files that wait for their group, so that a slow disk holds back the network.
    private let backlog = Budget(items: 2 * FetchCommit.groupSize)

    /// Commits files of a directory.
    ///
    /// - Parameters:
    ///   - barrier: Of the file system that holds all of them.
    ///   - overwrites: Whether a file that has the name already is replaced.
    ///   - fileSystem: What holds the directory.
    ///   - settled: Called for each file once it is durable, or found to be refused.
    init(
        barrier: FileSystemBarrier,
        overwrites: Bool,
        fileSystem: any FileSystem,
        settled: @escaping @Sendable (FetchedFile) -> Void
    ) {
        self.barrier = barrier
        self.overwrites = overwrites
        self.fileSystem = fileSystem
        self.settled = settled
    }

    /// Hands over a file; waits while too many wait for the disk already.
    ///
    /// - Throws: ``FileError`` of an earlier group, after which nothing is committed any more.
    func submit(_ change: Change) async throws(FileError) {
        if let failure = state.withLock({ $0.failure }) { throw failure }
        await backlog.acquire()
        let isFirst = state.withLock { state in
            state.pending.append(change)
            state.pendingBytes += change.file.size ?? 0
            defer { state.isCommitting = true }
            return !state.isCommitting
        }
        if isFirst { thread.submit { self.commitAll() } }
    }

    /// Waits until everything that was submitted is committed.
    ///
    /// - Throws: ``FileError`` when any group failed.
    func finish() async throws(FileError) {
        state.withLock { $0.isFinishing = true }
        await thread.run {}
        if let failure = state.withLock({ $0.failure }) { throw failure }
    }

    /// Commits group after group until nothing is left.
    private func commitAll() {
        while true {
            gather()
            let (group, failure) = state.withLock { state in
                let group = Array(state.pending.prefix(Self.groupSize))
                state.pending.removeFirst(group.count)
                state.pendingBytes = state.pending.reduce(0) { $0 + ($1.file.size ?? 0) }
                if group.isEmpty { state.isCommitting = false }
                return (group, state.failure)
            }
            if group.isEmpty { return }
            if failure == nil {
                do throws(FileError) {
                    for file in try commit(group) { settled(file) }
                } catch {
                    state.withLock { $0.failure = error }
                }
            }
            for _ in group { backlog.release() }
        }
    }

    /// Lets a small group wait for more.
    private func gather() {
        for _ in 0..<Self.gatheringSteps {
            let isAmple = state.withLock { state in
                state.isFinishing || state.pending.count >= Self.ampleSize || state.pendingBytes >= Self.ampleBytes
            }
            if isAmple { return }
            usleep(10_000)
        }
    }

    /// Commits a group.
    ///
    /// - Returns: Its files, of which some may be refused because their names were taken meanwhile.
    private func commit(_ group: [Change]) throws(FileError) -> [FetchedFile] {
        try barrier.synchronize()
        var files: [FetchedFile] = []
        files.reserveCapacity(group.count)
        var isRenamed = false
        for change in group {
            var file = change.file
            if let partial = change.partial {
                do throws(FileError) {
                    if overwrites {
                        try fileSystem.rename(partial, to: file.path)
                    } else {
                        try fileSystem.rename(partial, toNew: file.path)
                    }
                    isRenamed = true
                } catch  where error.errno == .fileExists || error.errno == .isDirectory {
                    file.refuse("\(file.path) is there since the download began; the download was dropped")
                    try fileSystem.removeIfPresent(partial)
                }
            }
            files.append(file)
        }
        if isRenamed { try barrier.synchronize() }
        return files
    }
}
