package import SystemPackage

/// A call on a file that failed.
package struct FileError: Error, Equatable, Sendable {
    /// The system call, as its manual page is named.
    package let operation: String
    /// The file that it was about.
    package let path: FilePath
    /// Why it failed.
    package let errno: Errno

    /// An error of a call that failed with `errno`.
    package init(operation: String, path: FilePath, errno: Errno) {
        self.operation = operation
        self.path = path
        self.errno = errno
    }

    /// Whether the file does not exist.
    package var isMissing: Bool { errno == .noSuchFileOrDirectory || errno == .notDirectory }

    /// Whether the disk or another bound of the machine is the cause: full, over quota, read-only, failing, no
    /// descriptors or memory left, or not permitted.
    package var isDiskFailure: Bool {
        switch errno {
        case .noSpace, .diskQuotaExceeded, .readOnlyFileSystem, .ioError, .fileTooLarge, .tooManyOpenFiles,
            .tooManyOpenFilesInSystem, .noMemory, .permissionDenied, .notPermitted, .staleNFSFileHandle,
            .operationNotSupportedByDevice, .noSuchAddressOrDevice:
            true
        default: false
        }
    }
}

extension FileError: CustomStringConvertible {
    package var description: String { "\(operation) \(path): \(errno)" }
}
