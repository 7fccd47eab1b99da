internal import FileIO
import Glibc
import HTTPServer
import Scheduling
import SystemPackage

/// Writes down the requests that a server answered, on a thread of its own.
///
/// A disk that is too slow for it loses lines rather than holding back who asks, and the log says how many.
final class AccessLog: Sendable {
    /// The most bytes that wait for the disk.
    private static let limit = 4 << 20
    /// How long lines wait for others, in microseconds.
    private static let pause: UInt32 = 100_000

    private struct State {
        var lines: [UInt8] = []
        var lost = 0
        var isEnding = false
        var hasEnded = false
    }

    private let state = Locked(State())
    private let path: FilePath?

    /// Begins a log.
    ///
    /// - Parameter path: The file, which lines are added to, and which may be moved away meanwhile; `nil` for standard
    ///   output.
    /// - Throws: `FileError` when it cannot be written to.
    init(path: FilePath?) throws(FileError) {
        self.path = path
        let file = try path.map { path throws(FileError) in try OpenLog(path) }
        Thread.start(name: "larder-access") { [self] in write(to: file) }
    }

    /// Takes a line.
    func add(_ record: AccessRecord) {
        let line = Array(record.line.utf8)
        state.withLock { state in
            if state.lines.count + line.count > Self.limit {
                state.lost += 1
            } else {
                state.lines += line
            }
        }
    }

    /// Writes what waits, and ends.
    func end() {
        state.withLock { $0.isEnding = true }
        while !state.withLock({ $0.hasEnded }) { usleep(1_000) }
    }

    private func write(to file: OpenLog?) {
        var file = file
        while true {
            let (lines, lost, isEnding) = state.withLock { state in
                defer { (state.lines, state.lost) = ([], 0) }
                return (state.lines, state.lost, state.isEnding)
            }
            if let path {
                // Whoever rotates logs moves the file; the next lines go to a new one.
                if file?.isMoved(from: path) ?? true { file = (try? OpenLog(path)) ?? file }
                file?.write(lines)
            } else {
                Console.write(String(decoding: lines, as: UTF8.self), to: STDOUT_FILENO)
            }
            if lost > 0 { Console.error("larder serve: \(lost) lines of the access log were lost") }
            if isEnding { break }
            usleep(Self.pause)
        }
        state.withLock { $0.hasEnded = true }
    }
}

/// A file that lines are added to.
private final class OpenLog: Sendable {
    private let handle: FileHandle
    private let identity: FileIdentity
    private let fileSystem = POSIXFileSystem()

    init(_ path: FilePath) throws(FileError) {
        if try !fileSystem.exists(path) {
            _ = try fileSystem.create(path, permissions: [.ownerReadWrite, .groupRead, .otherRead])
        }
        handle = try fileSystem.open(path, for: .appending)
        identity = try fileSystem.status(path).identity
    }

    func isMoved(from path: FilePath) -> Bool { (try? fileSystem.status(path).identity) != identity }

    func write(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        do {
            // The pointer does not leave the closure.
            try bytes.withUnsafeBytes { bytes in try fileSystem.write(bytes, to: handle) }
        } catch {
            Console.error("larder serve: \(error)")
        }
    }
}
