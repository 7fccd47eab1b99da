internal import CArchive
internal import Glibc

/// Reads a tar archive member by member; no other format, and no compression.
///
/// It tells of each member what it is, so that whoever reads can refuse what was not to be there. Nothing is written
/// anywhere. It belongs to one thread.
package final class TarReader {
    /// What an archive says of a member.
    package struct Member: Sendable {
        /// Its name; `nil` for one that is no UTF-8 text.
        package let name: String?
        /// How many bytes it has.
        package let size: UInt64
        /// What it is instead of a plain regular file; `nil` when it is one.
        package let oddity: String?
    }

    private let raw: OpaquePointer
    private let source: ReadAhead

    /// Opens an archive.
    ///
    /// - Parameters:
    ///   - blockSize: How many bytes are asked for at a time.
    ///   - source: Fills memory with the next bytes, and says how many they are; 0 at the end. It is called by a thread of
    ///     its own, one call after the other, ahead of what is read, and not any more after ``drain()``.
    /// - Throws: ``TarError``.
    package init(
        blockSize: Int = 1 << 20,
        _ source: @escaping @Sendable (UnsafeMutableRawBufferPointer) throws -> Int
    ) throws(TarError) {
        guard let raw = archive_read_new() else { throw .malformed("out of memory") }
        self.raw = raw
        self.source = ReadAhead(source, blockSize: blockSize)
        archive_read_support_format_tar(raw)
        archive_read_support_filter_none(raw)
        // libarchive does not retain the source, which lives as long as the reader.
        let client = Unmanaged.passUnretained(self.source).toOpaque()
        let code = archive_read_open(
            raw,
            client,
            nil,
            { _, client, bytes in
                guard let client, let bytes else { return Int(ARCHIVE_FATAL) }
                return Unmanaged<ReadAhead>.fromOpaque(client).takeUnretainedValue().next(&bytes.pointee)
            },
            nil
        )
        guard code == ARCHIVE_OK else { throw failure(otherwise: "it is no tar archive") }
    }

    deinit {
        archive_read_free(raw)
    }

    /// Moves to the next member, whatever of the last one was not read; `nil` at the end of the archive.
    ///
    /// - Throws: ``TarError``.
    package func next() throws(TarError) -> Member? {
        var entry: OpaquePointer?
        let code = archive_read_next_header(raw, &entry)
        if code == ARCHIVE_EOF { return nil }
        guard code == ARCHIVE_OK, let entry else { throw failure(otherwise: "it is damaged") }
        let name = archive_entry_pathname(entry).flatMap { String(validatingCString: $0) }
        let size = archive_entry_size_is_set(entry) != 0 ? archive_entry_size(entry) : -1
        return Member(name: name, size: UInt64(clamping: size), oddity: Self.oddity(of: entry, size: size))
    }

    /// Calls a closure with the bytes of the member that was reached last, piece by piece, in their order.
    ///
    /// - Parameter body: Gets the bytes; what it throws ends the reading.
    /// - Throws: ``TarError``; `stream` with what `body` threw.
    package func read(_ body: (UnsafeRawBufferPointer) throws -> Void) throws(TarError) {
        var position: Int64 = 0
        while true {
            var block: UnsafeRawPointer?
            var count = 0
            var offset: Int64 = 0
            let code = archive_read_data_block(raw, &block, &count, &offset)
            if code == ARCHIVE_EOF { return }
            guard code == ARCHIVE_OK else { throw failure(otherwise: "it ends within a member") }
            guard offset == position else { throw .malformed("a member has holes") }
            position += Int64(count)
            do {
                try body(UnsafeRawBufferPointer(start: block, count: count))
            } catch {
                throw .stream(error)
            }
        }
    }

    /// Takes what is left of the bytes, to the end of the source; no member can be reached any more.
    ///
    /// - Throws: ``TarError``; `stream` with what the source threw.
    package func drain() throws(TarError) {
        try source.drain()
    }

    /// What is odd about a member.
    private static func oddity(of entry: OpaquePointer, size: Int64) -> String? {
        if archive_entry_hardlink(entry) != nil { return "a hard link" }
        switch archive_entry_filetype(entry) {
        case S_IFREG: break
        case S_IFLNK: return "a symbolic link"
        case S_IFDIR: return "a directory"
        case S_IFCHR, S_IFBLK: return "a device"
        case S_IFIFO: return "a pipe"
        default: return "of an unknown kind"
        }
        if size < 0 { return "of no known size" }
        if archive_entry_sparse_count(entry) > 0 { return "a sparse file" }
        if archive_entry_xattr_count(entry) > 0 { return "a file with extended attributes" }
        return nil
    }

    private func failure(otherwise reason: String) -> TarError {
        if let failure = source.failure { return .stream(failure) }
        return .malformed(archive_error_string(raw).map { String(cString: $0) } ?? reason)
    }
}
