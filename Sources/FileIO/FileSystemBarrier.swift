package import SystemPackage

/// Makes everything on a file system durable, again and again, and misses no write that failed in between.
///
/// Linux tells a failed write to each descriptor once, counted from when the descriptor was opened (syncfs(2), since
/// 5.8). One that is held from before the first write therefore learns of each failure, also of one that a
/// descriptor of somebody else was told before.
package final class FileSystemBarrier: Sendable {
    private let file: FileHandle
    private let fileSystem: any FileSystem

    /// A barrier for what is written from now on.
    ///
    /// - Parameters:
    ///   - path: A directory on the file system; held open.
    ///   - fileSystem: What holds it.
    /// - Throws: ``FileError``.
    package init(holding path: FilePath, fileSystem: any FileSystem) throws(FileError) {
        file = try fileSystem.openDirectory(path)
        self.fileSystem = fileSystem
    }

    /// Makes everything that was written before the call durable.
    ///
    /// - Throws: ``FileError``; what was written since the last call must be considered lost then.
    package func synchronize() throws(FileError) {
        try fileSystem.synchronizeFileSystem(of: file)
    }
}
