internal import CArchive
internal import Glibc

/// One file of an archive to be written.
package struct ArchiveEntry: Equatable, Sendable {
    /// The path in the archive, written as it is.
    package let path: String
    /// What the file holds.
    package let bytes: [UInt8]

    /// A file of an archive.
    package init(_ path: String, _ bytes: [UInt8]) {
        self.path = path
        self.bytes = bytes
    }

    /// A file of an archive that holds text.
    package init(_ path: String, _ text: String) {
        self.init(path, Array(text.utf8))
    }
}

/// The formats of archives that distributions come in.
package enum ArchiveFormat: Sendable {
    /// A zip archive with deflated files, as wheels are.
    case zip
    /// A tar archive (ustar) in gzip, as sdists are.
    case tarGzip

    /// An archive of files, in the given order, which may name a path twice.
    ///
    /// The same entries give the same bytes in every time zone: times are fixed, and owners are none.
    ///
    /// - Throws: ``DemoError/archive(_:)``.
    package func archive(_ entries: [ArchiveEntry]) throws(DemoError) -> [UInt8] {
        guard let raw = archive_write_new() else { throw .archive("out of memory") }
        let sink = Sink()
        defer {
            archive_write_free(raw)
            extendLifetime(sink)
        }
        func check(_ code: Int32) throws(DemoError) {
            guard code < ARCHIVE_WARN else { return }
            throw .archive(archive_error_string(raw).map { String(cString: $0) } ?? "code \(code)")
        }
        switch self {
        case .zip:
            try check(archive_write_set_format_zip(raw))
            try check(archive_write_set_format_option(raw, "zip", "compression-level", "6"))
        case .tarGzip:
            try check(archive_write_set_format_ustar(raw))
            try check(archive_write_add_filter_gzip(raw))
            try check(archive_write_set_filter_option(raw, "gzip", "timestamp", nil))
        }
        // Without it the last block is filled with zeros.
        try check(archive_write_set_bytes_in_last_block(raw, 1))
        let target = Unmanaged.passUnretained(sink).toOpaque()
        let write: @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?, UnsafeRawPointer?, Int) -> Int = {
            _,
            sink,
            bytes,
            count in
            guard let sink else { return Int(ARCHIVE_FATAL) }
            let buffer = UnsafeRawBufferPointer(start: bytes, count: count)
            Unmanaged<Sink>.fromOpaque(sink).takeUnretainedValue().bytes.append(contentsOf: buffer)
            return count
        }
        try check(archive_write_open(raw, target, nil, write, nil))
        for entry in entries {
            let header = archive_entry_new()
            defer { archive_entry_free(header) }
            archive_entry_set_pathname(header, entry.path)
            archive_entry_set_filetype(header, Glibc.S_IFREG)
            archive_entry_set_perm(header, 0o644)
            archive_entry_set_size(header, Int64(entry.bytes.count))
            // A zip archive holds local times; without one libarchive writes the earliest that there is.
            if self == .tarGzip { archive_entry_set_mtime(header, UploadTime.first, 0) }
            try check(archive_write_header(raw, header))
            let written = entry.bytes.withUnsafeBytes { archive_write_data(raw, $0.baseAddress, $0.count) }
            guard written == entry.bytes.count else { throw .archive("\(entry.path) was not written whole") }
        }
        try check(archive_write_close(raw))
        return sink.bytes
    }

    /// Where libarchive puts its output.
    private final class Sink {
        var bytes: [UInt8] = []
    }
}
