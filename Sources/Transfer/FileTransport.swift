internal import FileIO
internal import SystemPackage

/// Reads the files of `file://` URLs.
///
/// libcurl could do it, but it reads a whole file at once on the network thread, and keeps in memory what is paused.
struct FileTransport: Transport {
    private static let chunk = 256 << 10

    /// Where files may lie.
    let roots: FileRoots

    func read(_ reading: TransportReading, into sink: TransportSink) throws(TransferError.Code) {
        let path = try roots.resolve(TransferURL(reading.url))
        let status = try translating { () throws(FileError) in try roots.fileSystem.status(path) }
        guard status.kind == .regular else { throw .notAFile }
        var head = TransportHead()
        head.etag = "\"\(status.modificationTime)-\(status.size)\""
        head.isNotModified = reading.validators.etag == head.etag
        head.size = status.size
        head.offset = reading.offset < status.size ? reading.offset : 0
        guard try sink.begin(head) else { return }
        try copy(path, from: head.offset, to: status.size, into: sink)
    }

    private func copy(
        _ path: FilePath,
        from offset: UInt64,
        to size: UInt64,
        into sink: TransportSink
    ) throws(TransferError.Code) {
        let file = try opened(path, at: offset)
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(1, min(Self.chunk, Int(clamping: size))),
            alignment: 16
        )
        defer { buffer.deallocate() }
        var left = size - offset
        // A file that grows while it is read is taken up to the size that it had; its digest tells whether that is right.
        while left > 0 {
            let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<Int(min(left, UInt64(buffer.count)))])
            let count: Int
            do throws(FileError) {
                count = try roots.fileSystem.read(into: part, from: file)
            } catch {
                throw TransferError.Code(reading: error)
            }
            guard count > 0 else { throw .shortBody(expected: size, received: size - left) }
            left -= UInt64(count)
            guard sink.take(UnsafeRawBufferPointer(rebasing: part[..<count])) else { return }
        }
    }

    private func opened(_ path: FilePath, at offset: UInt64) throws(TransferError.Code) -> FileHandle {
        do throws(FileError) {
            let file = try roots.fileSystem.open(path, for: .reading)
            if offset > 0 { try roots.fileSystem.seek(file, to: Int64(clamping: offset)) }
            return file
        } catch {
            throw TransferError.Code(reading: error)
        }
    }

    private func translating<Result>(_ body: () throws(FileError) -> Result) throws(TransferError.Code) -> Result {
        do throws(FileError) {
            return try body()
        } catch {
            throw TransferError.Code(reading: error)
        }
    }
}
