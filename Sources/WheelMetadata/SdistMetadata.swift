internal import CArchive
internal import Glibc
package import SystemPackage

/// Reads the core metadata out of sdists (PEP 517, PEP 625): the `PKG-INFO` right below their only top-level directory.
///
/// Nothing of the archive is run or written to disk. Read are tar archives, plain or packed by gzip or bzip2, and zip
/// archives.
package enum SdistMetadata {
    /// The most entries that are looked at.
    private static let entryLimit = 100_000
    /// The most bytes that all entries up to the one that is looked for may declare, so that unpacking ends.
    private static let unpackedLimit: Int64 = 1 << 30

    /// The PKG-INFO of an sdist on disk.
    ///
    /// - Parameters:
    ///   - path: The file, whatever its name.
    ///   - filename: The name that the index gives to the sdist, for messages.
    ///   - limit: The most bytes that the PKG-INFO may have.
    /// - Returns: The bytes as they are in the sdist.
    /// - Throws: ``WheelMetadataError``.
    package static func read(
        sdistAt path: FilePath,
        filename: String,
        limit: Int = WheelMetadata.defaultLimit
    ) throws(WheelMetadataError) -> [UInt8] {
        let file = try WheelMetadata.open(path, filename)
        // Closing a descriptor that was only read from loses nothing.
        defer { try? file.close() }
        do throws(WheelMetadataError.Reason) {
            return try read(file.rawValue, limit)
        } catch {
            throw WheelMetadataError(filename: filename, reason: error)
        }
    }

    private static func read(_ descriptor: Int32, _ limit: Int) throws(WheelMetadataError.Reason) -> [UInt8] {
        let source: WheelSource
        do throws(Errno) {
            source = try WheelSource(.descriptor(descriptor))
        } catch {
            throw .failed(operation: "fstat", nil, error)
        }
        guard let raw = archive_read_new() else { throw .unreadable("out of memory") }
        defer {
            archive_read_free(raw)
            // The source's address went to libarchive, which does not retain it.
            extendLifetime(source)
        }
        let codes = [
            archive_read_support_filter_gzip(raw), archive_read_support_filter_bzip2(raw),
            archive_read_support_format_tar(raw), archive_read_support_format_zip(raw),
        ]
        guard codes.allSatisfy({ $0 == ARCHIVE_OK || $0 == ARCHIVE_WARN }), source.open(raw) == ARCHIVE_OK
        else { throw failure(raw, source) }
        var unpacked: Int64 = 0
        for _ in 0..<entryLimit {
            var entry: OpaquePointer?
            let code = archive_read_next_header(raw, &entry)
            if code == ARCHIVE_EOF { throw .missing(others: []) }
            guard code == ARCHIVE_OK || code == ARCHIVE_WARN, let entry else { throw failure(raw, source) }
            if isMetadata(entry) { return try contents(of: entry, raw, source, limit) }
            let (sum, overflow) = unpacked.addingReportingOverflow(max(0, archive_entry_size(entry)))
            guard !overflow, sum <= unpackedLimit else { throw .tooLarge(limit: Int(unpackedLimit)) }
            unpacked = sum
        }
        throw .tooManyEntries(limit: entryLimit)
    }

    private static func contents(
        of entry: OpaquePointer,
        _ raw: OpaquePointer,
        _ source: WheelSource,
        _ limit: Int
    ) throws(WheelMetadataError.Reason) -> [UInt8] {
        var bytes: [UInt8] = []
        while true {
            var block: UnsafeRawPointer?
            var count = 0
            var offset: Int64 = 0
            let code = archive_read_data_block(raw, &block, &count, &offset)
            if code == ARCHIVE_EOF { return bytes }
            guard code == ARCHIVE_OK else { throw failure(raw, source) }
            guard count <= limit - bytes.count else { throw .tooLarge(limit: limit) }
            bytes.append(contentsOf: UnsafeRawBufferPointer(start: block, count: count))
        }
    }

    /// Whether an entry is the regular file `<directory>/PKG-INFO`.
    private static func isMetadata(_ entry: OpaquePointer) -> Bool {
        guard archive_entry_filetype(entry) == S_IFREG, archive_entry_hardlink(entry) == nil,
            let path = archive_entry_pathname(entry)
        else { return false }
        var parts = String(cString: path).split(separator: "/")[...]
        if parts.first == "." { parts = parts.dropFirst() }
        return parts.count == 2 && parts.last == "PKG-INFO"
    }

    private static func failure(_ raw: OpaquePointer, _ source: WheelSource) -> WheelMetadataError.Reason {
        if let errno = source.failure { return .failed(operation: "pread", nil, errno) }
        return .unreadable(archive_error_string(raw).map { String(cString: $0) } ?? "damaged")
    }
}
