internal import CArchive
internal import Glibc
internal import SystemPackage

/// A wheel open in libarchive, of whose formats only zip is enabled, read from its central directory.
struct WheelArchive: ~Copyable {
    /// The entry that the walk stands at, and belongs to a `.dist-info` directory's METADATA.
    struct Entry {
        let raw: OpaquePointer
        /// The name of the directory, with its suffix.
        let directory: String
    }

    /// A walk reads the header of every entry, so that their number bounds its time.
    private static let entryLimit = 100_000
    /// libarchive keeps a record in memory for each of the directory, however many of them name one entry.
    private static let directoryLimit = 16 << 20
    private static let suffix = Array(".dist-info/METADATA".utf8)

    private let raw: OpaquePointer
    private let source: WheelSource
    private var walked = 0

    /// An open archive; the first header is not read yet.
    static func open(_ source: WheelSource) throws(WheelMetadataError.Reason) -> WheelArchive {
        guard let raw = archive_read_new() else { throw .unreadable("out of memory") }
        let archive = WheelArchive(raw, source)
        source.allowance = directoryLimit
        guard archive_read_support_format_zip_seekable(raw) == ARCHIVE_OK, source.open(raw) == ARCHIVE_OK else {
            throw archive.failure(otherwise: .notAnArchive)
        }
        return archive
    }

    private init(_ raw: OpaquePointer, _ source: WheelSource) {
        self.raw = raw
        self.source = source
    }

    deinit {
        archive_read_free(raw)
        // The source's address went to libarchive, which does not retain it.
        extendLifetime(source)
    }

    /// Moves to the next entry whose path is `<directory>.dist-info/METADATA`; `nil` at the end.
    ///
    /// The path has to be spelled so exactly: nothing before the directory, no `.`, `..` or empty component.
    mutating func nextMetadata() throws(WheelMetadataError.Reason) -> Entry? {
        while true {
            var entry: OpaquePointer?
            let code = archive_read_next_header(raw, &entry)
            // The first call reads the directory; what follows is bounded by the number of entries.
            source.allowance = .max
            if code == ARCHIVE_EOF { return nil }
            guard code == ARCHIVE_OK || code == ARCHIVE_WARN, let entry else {
                throw failure(otherwise: .unreadable(message))
            }
            walked += 1
            guard walked <= Self.entryLimit else { throw .tooManyEntries(limit: Self.entryLimit) }
            if let directory = Self.directory(of: entry) { return Entry(raw: entry, directory: directory) }
        }
    }

    /// The unpacked bytes of the entry that the walk stands at.
    mutating func contents(of entry: Entry, limit: Int) throws(WheelMetadataError.Reason) -> [UInt8] {
        guard archive_entry_is_encrypted(entry.raw) == 0 else { throw .encrypted }
        guard archive_entry_filetype(entry.raw) == S_IFREG else { throw .unreadable("it is not a regular file") }
        // Installers know only these two for sure, and the decoders of others take memory as the archive says.
        let method = archive_format_name(raw).map { String(cString: $0) } ?? ""
        guard method.hasSuffix("(deflation)") || method.hasSuffix("(uncompressed)") else {
            throw .unreadable("\(method) where stored or deflated data are expected")
        }
        var bytes: [UInt8] = []
        let size = archive_entry_size_is_set(entry.raw) != 0 ? archive_entry_size(entry.raw) : nil
        if let size {
            guard size <= Int64(limit) else { throw .tooLarge(limit: limit) }
            bytes.reserveCapacity(Int(clamping: min(max(size, 0), 1 << 20)))
        }
        while true {
            var block: UnsafeRawPointer?
            var count = 0
            var offset: Int64 = 0
            let code = archive_read_data_block(raw, &block, &count, &offset)
            if code == ARCHIVE_EOF { break }
            guard code == ARCHIVE_OK else { throw failure(otherwise: .unreadable(message)) }
            guard count <= limit - bytes.count else { throw .tooLarge(limit: limit) }
            bytes.append(contentsOf: UnsafeRawBufferPointer(start: block, count: count))
        }
        // libarchive compares the two of deflated data only.
        if let size, size != Int64(bytes.count) {
            throw .unreadable("\(bytes.count) bytes where \(size) are declared")
        }
        return bytes
    }

    private var message: String { archive_error_string(raw).map { String(cString: $0) } ?? "damaged" }

    /// What went wrong: a failed or refused read, or else what the caller thinks.
    private func failure(otherwise reason: WheelMetadataError.Reason) -> WheelMetadataError.Reason {
        if let failure = source.failure { return .failed(operation: "pread", nil, failure) }
        return source.isExhausted ? .directoryTooLarge(limit: Self.directoryLimit) : reason
    }

    /// The directory of an entry that is a top-level `.dist-info` directory's METADATA.
    ///
    /// Looks at bytes first: of thousands of entries all but one are something else. A path that has no form in the
    /// locale is not ASCII and therefore none of ours.
    private static func directory(of entry: OpaquePointer) -> String? {
        guard let path = archive_entry_pathname(entry) else { return nil }
        let bytes = UnsafeRawBufferPointer(start: path, count: strlen(path))
        guard bytes.count > suffix.count, bytes.suffix(suffix.count).elementsEqual(suffix) else { return nil }
        let directory = bytes.dropLast("/METADATA".utf8.count)
        return directory.contains(UInt8(ascii: "/")) ? nil : String(decoding: directory, as: UTF8.self)
    }
}
