internal import FileIO
internal import NIOCore

/// A file of which pieces are sent (sendfile(2)); the file stays open as long as this is held.
final class OpenRegion {
    private let file: LinkedFile
    private let handle: NIOFileHandle

    init(_ file: LinkedFile) {
        self.file = file
        handle = NIOFileHandle(_deprecatedTakingOwnershipOfDescriptor: file.handle.descriptor)
    }

    deinit {
        // The descriptor is the file's, which closes it.
        _ = try? handle.takeDescriptorOwnership()
    }

    /// A piece of the file.
    func piece(_ range: Range<UInt64>) -> FileRegion {
        FileRegion(
            fileHandle: handle,
            readerIndex: Int(clamping: range.lowerBound),
            endIndex: Int(clamping: range.upperBound)
        )
    }
}
