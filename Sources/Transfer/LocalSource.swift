internal import FileIO
internal import SystemPackage

/// Reads the file of a `file://` URL through the same checks as any other body.
///
/// libcurl could do it, but it reads a whole file at once on the network thread, and keeps in memory what is paused.
struct LocalSource: Sendable {
    private static let chunk = 256 << 10

    /// Where files may lie.
    let roots: FileRoots
    /// The longest body in memory when the request does not say.
    let maximumMemoryBody: UInt64

    /// Makes one attempt of a transfer, up to its end; blocks.
    ///
    /// - Parameters:
    ///   - transfer: What to read.
    ///   - counted: Called with the number of bytes of each read.
    /// - Returns: How the attempt ended, to be settled on the same thread.
    func run(_ transfer: Transfer, counted: (Int) -> Void) -> AttemptOutcome {
        var outcome = AttemptOutcome()
        do throws(TransferError.Code) {
            outcome.answer = try read(transfer, counted)
        } catch {
            outcome.failure = error
        }
        return outcome
    }

    private func read(_ transfer: Transfer, _ counted: (Int) -> Void) throws(TransferError.Code) -> Answer {
        let path = try roots.resolve(transfer.url)
        let status = try reading { () throws(FileError) in try roots.fileSystem.status(path) }
        guard status.kind == .regular else { throw .notAFile }
        var answer = Answer()
        answer.finalURL = transfer.url.text
        answer.etag = "\"\(status.modificationTime)-\(status.size)\""
        answer.status = transfer.request.validators.etag == answer.etag ? 304 : 200
        guard answer.status == 200 else { return answer }
        try judge(status.size, for: transfer.request)
        try copy(path, size: status.size, to: transfer, counted)
        return answer
    }

    /// Refuses a file by its size.
    private func judge(_ size: UInt64, for request: TransferRequest) throws(TransferError.Code) {
        if let expected = request.expectation.size, expected != size {
            throw .wrongSize(expected: expected, found: size)
        }
        guard case .memory = request.destination else {
            if let limit = request.maximumByteCount, size > limit { throw .tooLong(limit: limit, declared: size) }
            return
        }
        let limit = request.maximumByteCount ?? maximumMemoryBody
        guard size <= limit else { throw .tooLong(limit: limit, declared: size) }
        if size == 0 { throw .emptyPage }
    }

    private func copy(
        _ path: FilePath,
        size: UInt64,
        to transfer: Transfer,
        _ counted: (Int) -> Void
    ) throws(TransferError.Code) {
        transfer.receiver.reserve(Int(clamping: size))
        let file = try opened(path)
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(1, min(Self.chunk, Int(clamping: size))),
            alignment: 16
        )
        defer { buffer.deallocate() }
        var left = size
        // A file that grows while it is read is taken up to the size that it had; its digest tells whether that is right.
        while left > 0, !transfer.token.isCancelled {
            let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<Int(min(left, UInt64(buffer.count)))])
            let count: Int
            do throws(FileError) {
                count = try roots.fileSystem.read(into: part, from: file)
            } catch {
                throw .unreadable(error)
            }
            guard count > 0 else { throw .shortBody(expected: size, received: size - left) }
            left -= UInt64(count)
            counted(count)
            guard transfer.receiver.write(UnsafeRawBufferPointer(rebasing: part[..<count])) else { return }
        }
    }

    private func opened(_ path: FilePath) throws(TransferError.Code) -> FileHandle {
        do throws(FileError) {
            return try roots.fileSystem.open(path, for: .reading)
        } catch {
            throw error.isMissing ? .fileNotFound : .unreadable(error)
        }
    }

    private func reading<Result>(_ body: () throws(FileError) -> Result) throws(TransferError.Code) -> Result {
        do throws(FileError) {
            return try body()
        } catch {
            throw error.isMissing ? .fileNotFound : .unreadable(error)
        }
    }
}
