internal import Packaging
package import SystemPackage

/// Why the METADATA of a wheel could not be had.
package struct WheelMetadataError: Error, Equatable, Sendable {
    /// What is wrong.
    package enum Reason: Error, Equatable, Sendable {
        /// The filename is not that of a wheel: `name-version-…-tags.whl` (PEP 427).
        case notAWheelName
        /// The bytes are no zip archive, or one that ends too early to have a directory.
        case notAnArchive
        /// No METADATA belongs to the filename; with the `.dist-info` directories of other names that have one, at most 3.
        case missing(others: [String])
        /// More than one METADATA belongs to the filename; the directories of the first two.
        case ambiguous(String, String)
        /// The METADATA is encrypted.
        case encrypted
        /// The METADATA unpacks to more bytes than this.
        case tooLarge(limit: Int)
        /// The archive has more entries than this.
        case tooManyEntries(limit: Int)
        /// The archive's directory takes more bytes than this.
        case directoryTooLarge(limit: Int)
        /// The file is damaged; with the words of libarchive.
        case unreadable(String)
        /// The call of this name failed, on this file where it was named, which says nothing about its bytes.
        case failed(operation: String, FilePath?, Errno)
    }

    /// The filename of the wheel, as the index gives it.
    package let filename: String
    /// What is wrong.
    package let reason: Reason

    /// An error of one wheel.
    package init(filename: String, reason: Reason) {
        self.filename = filename
        self.reason = reason
    }
}

extension WheelMetadataError: CustomStringConvertible {
    package var description: String { "\(filename): \(reason)" }
}

extension WheelMetadataError.Reason: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notAWheelName: "not the name of a wheel, NAME-VERSION-TAGS.whl"
        case .notAnArchive: "not a zip archive, or cut short; fetch it again"
        case .missing(others: []): "no .dist-info/METADATA in the wheel; it has no sidecar"
        case .missing(let others):
            "no METADATA of this project and version, only of \(others.map(\.printable).joined(separator: ", "))"
        case .ambiguous(let first, let second):
            "two METADATA, in \(first.printable) and \(second.printable); neither is believed"
        case .encrypted: "its METADATA is encrypted; it has no sidecar"
        case .tooLarge(let limit): "its METADATA unpacks to more than \(limit) bytes; it is refused"
        case .tooManyEntries(let limit): "more than \(limit) entries in the archive; it is refused"
        case .directoryTooLarge(let limit): "the archive's directory takes more than \(limit) bytes; it is refused"
        case .unreadable(let detail): "its METADATA cannot be read (\(detail.printable)); fetch it again"
        case .failed(let operation, let path?, let errno): "\(operation) \(path): \(errno)"
        case .failed(let operation, nil, let errno): "\(operation): \(errno)"
        }
    }
}
