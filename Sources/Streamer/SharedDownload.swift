internal import FileIO
internal import Scheduling
package import ServedTree
package import SystemPackage
package import Transfer

/// One download that any number of readers follow, while it arrives and until it is checked.
///
/// Readers get what is in the file so far but for its last part, which they get once size and digest were found right. Who
/// has bytes of an attempt that failed gets no others: they could be of different files.
package final class SharedDownload: Sendable {
    /// How much is held back until the file was checked.
    package static let heldBack: UInt64 = 64 << 10
    /// How many bytes have to come before readers are told of them.
    private static let step: UInt64 = 256 << 10

    /// What a server says of the version that it sends.
    package struct Version: Equatable, Sendable {
        package var etag: String?
        package var lastModified: String?
    }

    /// What a reader that waits for the beginning is told.
    package enum Beginning: Sendable {
        /// There is something to send.
        case reader(any GrowingFile, Version)
        /// There will be nothing, and why.
        case failed(String)
    }

    private enum Phase {
        case running
        case complete
        case failed(String)
    }

    private struct Waiter {
        let offset: UInt64
        let attempt: Int
        let body: @Sendable (Growth) -> Void
    }

    private struct State {
        var phase = Phase.running
        var attempt = 0
        var file: LinkedFile?
        var version = Version()
        var stored: UInt64 = 0
        var released: UInt64 = 0
        var beginners: [@Sendable (Beginning) -> Void] = []
        var waiters: [Waiter] = []
    }

    /// The size of the file; `nil` when nobody said it.
    package let size: UInt64?
    private let path: FilePath
    private let state = Locked(State())

    /// A download that is about to begin.
    ///
    /// - Parameters:
    ///   - path: Where its bytes will be.
    ///   - size: Its size; `nil` when it is not known.
    package init(at path: FilePath, size: UInt64?) {
        self.path = path
        self.size = size
    }

    // MARK: - From the transfer

    /// Takes note of how far the body has come.
    package func note(_ progress: BodyProgress) {
        switch progress {
        case .began(let etag, let lastModified):
            state.withLock { $0.version = Version(etag: etag, lastModified: lastModified) }
        case .stored(let count): grow(to: count)
        case .discarded: restart()
        }
    }

    private func grow(to count: UInt64) {
        let isFirst = state.withLock { state in
            state.stored = count
            return state.file == nil
        }
        if isFirst {
            let opened = (try? LinkedFile.open(path)) ?? nil
            state.withLock { if $0.file == nil { $0.file = opened } }
        }
        // The last part: where the size is known that of the file, else of what came.
        let end = size.map { min(count, $0 - min($0, Self.heldBack)) } ?? count - min(count, Self.heldBack)
        release(upTo: end, isWhole: false)
    }

    private func restart() {
        let broken = state.withLock { state in
            defer {
                state.attempt += 1
                (state.file, state.stored, state.released, state.version) = (nil, 0, 0, Version())
                state.waiters = []
            }
            return state.waiters
        }
        for waiter in broken { waiter.body(.broken) }
    }

    /// Lets go of all bytes: they were found right.
    ///
    /// - Parameter size: How many there are.
    package func complete(_ size: UInt64) {
        let isOpen = state.withLock { $0.file != nil }
        if !isOpen {
            let opened = (try? LinkedFile.open(path)) ?? nil
            state.withLock { $0.file = opened }
        }
        guard state.withLock({ $0.file != nil }) else { return fail("what arrived cannot be read") }
        release(upTo: size, isWhole: true)
    }

    /// Tells that there will be no file.
    ///
    /// - Parameter reason: Why, in a line.
    package func fail(_ reason: String) {
        let (beginners, waiters) = state.withLock { state in
            defer { (state.phase, state.beginners, state.waiters, state.file) = (.failed(reason), [], [], nil) }
            return (state.beginners, state.waiters)
        }
        for beginner in beginners { beginner(.failed(reason)) }
        for waiter in waiters { waiter.body(.broken) }
    }

    private func release(upTo end: UInt64, isWhole: Bool) {
        typealias Released = (
            file: LinkedFile, begin: (any GrowingFile, Version), beginners: [@Sendable (Beginning) -> Void],
            due: [Waiter]
        )
        let found = state.withLock { state -> Released? in
            guard let file = state.file, isWhole || end >= state.released + Self.step || end > 0 && state.released == 0
            else { return nil }
            state.released = max(state.released, end)
            if isWhole { state.phase = .complete }
            let due = isWhole ? state.waiters : state.waiters.filter { $0.offset < end }
            state.waiters.removeAll { waiter in isWhole || waiter.offset < end }
            defer { state.beginners = [] }
            let reader = DownloadReader(download: self, attempt: state.attempt)
            return (file, (reader, state.version), state.beginners, due)
        }
        guard let found else { return }
        for beginner in found.beginners { beginner(.reader(found.begin.0, found.begin.1)) }
        for waiter in found.due { waiter.body(.available(found.file, end: end)) }
    }

    // MARK: - To readers

    /// Tells once the first bytes can be sent, or that there are none.
    ///
    /// - Parameter body: Called once, on any thread.
    package func begin(_ body: @escaping @Sendable (Beginning) -> Void) {
        let now = state.withLock { state -> Beginning? in
            let reader = DownloadReader(download: self, attempt: state.attempt)
            switch state.phase {
            case .failed(let reason): return .failed(reason)
            case .complete: return .reader(reader, state.version)
            case .running where state.released > 0: return .reader(reader, state.version)
            case .running:
                state.beginners.append(body)
                return nil
            }
        }
        if let now { body(now) }
    }

    fileprivate func wait(behind offset: UInt64, attempt: Int, _ body: @escaping @Sendable (Growth) -> Void) {
        let now = state.withLock { state -> Growth? in
            if case .failed = state.phase { return .broken }
            guard state.attempt == attempt else { return .broken }
            if let file = state.file, state.released > offset { return .available(file, end: state.released) }
            if case .complete = state.phase { return .complete }
            state.waiters.append(Waiter(offset: offset, attempt: attempt, body: body))
            return nil
        }
        if let now { body(now) }
    }
}

/// What one reader follows: the attempt from which it has its first bytes.
private struct DownloadReader: GrowingFile {
    let download: SharedDownload
    let attempt: Int

    func wait(behind offset: UInt64, _ body: @escaping @Sendable (Growth) -> Void) {
        download.wait(behind: offset, attempt: attempt, body)
    }
}
