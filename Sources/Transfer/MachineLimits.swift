internal import FileIO
internal import Glibc
internal import SystemPackage

extension FileError {
    /// Whether the machine had nothing left to open a file with, which says nothing about the file.
    var isExhaustion: Bool {
        [.tooManyOpenFiles, .tooManyOpenFilesInSystem, .noMemory].contains(errno)
    }

    /// The shortage of descriptors that made a call of libcurl fail; `nil` when there is none.
    ///
    /// libcurl tells "could not connect" for a socket that it could not make, without the cause.
    static func descriptorShortage(during operation: String) -> FileError? {
        let descriptor = dup(STDERR_FILENO)
        guard descriptor < 0 else {
            _ = Glibc.close(descriptor)
            return nil
        }
        let error = FileError(operation: operation, path: "a connection", errno: Errno(rawValue: Glibc.errno))
        return error.isExhaustion ? error : nil
    }
}

extension TransferError.Code {
    /// What it means that a file of the upstream could not be read.
    init(reading error: FileError) {
        self = error.isMissing ? .fileNotFound : error.isExhaustion ? .local(error) : .unreadable(error)
    }
}
