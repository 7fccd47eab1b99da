internal import FileIO
internal import SystemPackage

extension FileHandle {
    /// Keeps other commands away from a directory that this one writes to: two that go on with the same file would spoil it.
    ///
    /// - Parameters:
    ///   - directory: The directory, or a link to it.
    ///   - fileSystem: What holds it.
    /// - Returns: What holds the lock as long as it lives; nothing is left behind.
    /// - Throws: ``MirrorError``; `locked` when another command has it.
    static func locked(directory: FilePath, _ fileSystem: any FileSystem) throws(MirrorError) -> FileHandle {
        do {
            // A link is not followed as the last component.
            let handle = try fileSystem.open(directory.appending("."), for: .reading)
            guard try fileSystem.lock(handle, waiting: false) else { throw MirrorError.locked(directory) }
            return handle
        } catch {
            throw MirrorError(wrapping: error)
        }
    }
}
