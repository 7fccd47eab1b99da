internal import FileIO
internal import Glibc
internal import Scheduling
internal import Synchronization
internal import SystemPackage

extension FetchOptions.List {
    /// The longest list, in bytes.
    private static let limit = 1 << 30

    /// Reads the list to its end.
    ///
    /// Whoever writes to a pipe may take its time: cancelling the task ends the wait soon.
    ///
    /// - Parameter workers: Threads that may wait.
    /// - Returns: The bytes, those so far when the task is cancelled.
    /// - Throws: ``MirrorError/usage(_:)`` when there is no such list or it is too long, ``MirrorError/file(_:)`` when it
    ///   cannot be read.
    func read(on workers: WorkerPool) async throws(MirrorError) -> [UInt8] {
        let flag = CancellationFlag()
        // The handler's closure throws `any Error`; the typed error travels inside a result instead.
        let result = await withTaskCancellationHandler {
            await workers.run { Result { () throws(MirrorError) in try read(until: flag) } }
        } onCancel: {
            flag.set()
        }
        return try result.get()
    }

    private func read(until flag: CancellationFlag) throws(MirrorError) -> [UInt8] {
        switch self {
        case .standardInput:
            return try Self.contents(of: .standardInput, path: "standard input", until: flag)
        case .file(let path):
            let descriptor: FileDescriptor
            do {
                descriptor = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec])
            } catch {
                let reason = (error as? Errno).map { "\($0)" } ?? "\(error)"
                throw .usage("the list \(path) cannot be opened: \(reason)")
            }
            defer { try? descriptor.close() }
            return try Self.contents(of: descriptor, path: path, until: flag)
        }
    }

    private static func contents(
        of descriptor: FileDescriptor,
        path: FilePath,
        until flag: CancellationFlag
    ) throws(MirrorError) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        while !flag.isSet {
            var entry = pollfd(fd: descriptor.rawValue, events: Int16(POLLIN), revents: 0)
            guard poll(&entry, 1, 100) != 0 else { continue }
            let count: Int
            do {
                count = try buffer.withUnsafeMutableBytes { try descriptor.read(into: $0) }
            } catch {
                throw .file(FileError(operation: "read", path: path, errno: (error as? Errno) ?? .ioError))
            }
            if count == 0 { break }
            guard bytes.count + count <= limit else { throw .usage("the list \(path) has more than 1 GiB") }
            bytes += buffer[..<count]
        }
        return bytes
    }
}

/// Tells a thread that the task which waits for it was cancelled.
private final class CancellationFlag: Sendable {
    private let flag = Atomic<Bool>(false)

    var isSet: Bool { flag.load(ordering: .acquiring) }

    func set() { flag.store(true, ordering: .releasing) }
}
