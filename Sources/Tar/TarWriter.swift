internal import CArchive
internal import Glibc

/// Writes a tar archive (POSIX pax) of regular files; the same members give the same bytes.
///
/// Members have mode 0444, no owner and no time. What a pax header is needed for gets one (sizes from 8 GiB on), and
/// nothing else. It belongs to one thread.
package final class TarWriter {
    /// The archive is as long as a multiple of this.
    package static let recordSize: UInt64 = 10_240

    private let raw: OpaquePointer
    private let entry: OpaquePointer
    private let sink: Sink

    /// Begins an archive.
    ///
    /// - Parameter sink: Gets the bytes of the archive, piece by piece.
    /// - Throws: ``TarError``.
    package init(_ sink: @escaping (UnsafeRawBufferPointer) throws -> Void) throws(TarError) {
        guard let raw = archive_write_new() else { throw .malformed("out of memory") }
        guard let entry = archive_entry_new() else {
            archive_write_free(raw)
            throw .malformed("out of memory")
        }
        self.raw = raw
        self.entry = entry
        self.sink = Sink(sink)
        archive_write_set_format_pax_restricted(raw)
        // Large blocks, so that what is written goes through without being copied.
        archive_write_set_bytes_per_block(raw, Int32(100 * Self.recordSize))
        archive_write_set_bytes_in_last_block(raw, Int32(Self.recordSize))
        // libarchive does not retain the sink, which lives as long as the writer.
        let client = Unmanaged.passUnretained(self.sink).toOpaque()
        let code = archive_write_open(
            raw,
            client,
            nil,
            { _, client, bytes, count in
                guard let client else { return -1 }
                let sink = Unmanaged<Sink>.fromOpaque(client).takeUnretainedValue()
                return sink.take(UnsafeRawBufferPointer(start: bytes, count: count)) ? count : -1
            },
            nil
        )
        try check(code)
    }

    deinit {
        // An archive that was not finished is given up: nothing is written any more.
        archive_write_fail(raw)
        archive_write_free(raw)
        archive_entry_free(entry)
    }

    /// Begins a member; its bytes come next.
    ///
    /// - Parameters:
    ///   - name: Its name.
    ///   - size: How many bytes it has, all of which have to be written.
    /// - Throws: ``TarError``.
    package func begin(_ name: String, size: UInt64) throws(TarError) {
        archive_entry_clear(entry)
        archive_entry_set_pathname(entry, name)
        archive_entry_set_size(entry, Int64(clamping: size))
        archive_entry_set_filetype(entry, S_IFREG)
        archive_entry_set_perm(entry, 0o444)
        archive_entry_set_mtime(entry, 0, 0)
        try check(archive_write_header(raw, entry))
    }

    /// Writes bytes of the member that was begun last.
    ///
    /// - Throws: ``TarError``; also when there are more than its size.
    package func write(_ bytes: UnsafeRawBufferPointer) throws(TarError) {
        var rest = bytes
        while !rest.isEmpty {
            let count = archive_write_data(raw, rest.baseAddress, rest.count)
            guard count > 0 else { throw failure(otherwise: "a member is longer than was said") }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    /// Ends the archive.
    ///
    /// - Throws: ``TarError``.
    package func finish() throws(TarError) {
        try check(archive_write_finish_entry(raw))
        try check(archive_write_close(raw))
    }

    /// How many bytes a member takes in an archive.
    ///
    /// - Parameter size: How many bytes it has.
    /// - Returns: That and its headers, in whole blocks.
    package static func byteCount(ofMember size: UInt64) -> UInt64 {
        let block: UInt64 = 512
        // A size that a plain header has no room for takes a pax header and its block.
        let header = size >= 8 << 30 ? 3 * block : block
        return header + (size + block - 1) / block * block
    }

    /// How many bytes an archive takes.
    ///
    /// - Parameter members: What its members take.
    /// - Returns: That and its end, in whole records.
    package static func byteCount(ofArchive members: UInt64) -> UInt64 {
        let end: UInt64 = 1_024
        return (members + end + recordSize - 1) / recordSize * recordSize
    }

    private func check(_ code: Int32) throws(TarError) {
        guard code == ARCHIVE_OK else { throw failure(otherwise: "it cannot be written") }
    }

    private func failure(otherwise reason: String) -> TarError {
        if let failure = sink.failure { return .stream(failure) }
        return .malformed(archive_error_string(raw).map { String(cString: $0) } ?? reason)
    }
}

/// Where an archive goes, and why it could not.
private final class Sink {
    private let body: (UnsafeRawBufferPointer) throws -> Void
    private(set) var failure: (any Error)?

    init(_ body: @escaping (UnsafeRawBufferPointer) throws -> Void) {
        self.body = body
    }

    func take(_ bytes: UnsafeRawBufferPointer) -> Bool {
        do {
            try body(bytes)
            return true
        } catch {
            failure = error
            return false
        }
    }
}
