import Digest
import FileIO
import Foundation
import SystemPackage

/// A folder that goes away with the value.
final class TemporaryFolder: Sendable {
    let path: FilePath

    init(_ folders: String...) throws {
        // In memory where that is possible: many small files, and no test cuts the power.
        let memory = "/dev/shm"
        let isMemory = FileManager.default.isWritableFile(atPath: memory)
        let parent = isMemory ? memory : FileManager.default.temporaryDirectory.path
        path = FilePath(parent).appending("larder-store-\(UUID().uuidString)")
        let files = POSIXFileSystem()
        try files.makeDirectories(path)
        for folder in folders { try files.makeDirectories(path.appending(folder)) }
    }

    deinit {
        // A thread that lets go of an index only now makes its lock once more, perhaps in the midst of this.
        for _ in 0..<100 where FileManager.default.fileExists(atPath: path.string) {
            do {
                try FileManager.default.removeItem(atPath: path.string)
            } catch {
                usleep(10_000)
            }
        }
    }

    /// Writes a file below the folder and returns its path.
    @discardableResult
    func write(_ name: String, _ text: String) throws -> FilePath {
        let file = path.pushing(FilePath(name))
        let files = POSIXFileSystem()
        try files.makeDirectories(file.removingLastComponent())
        try files.removeIfPresent(file)
        try files.write(Array(text.utf8), toNewFile: file, permissions: [.ownerReadWrite], durably: false)
        return file
    }

    /// The bytes of a file below the folder, links followed.
    func read(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: path.pushing(FilePath(name)).string)))
    }
}

/// Waits until nothing holds a value any more.
func waitForRelease<Value: AnyObject & Sendable>(of value: () -> Value?) async throws {
    while value() != nil { try await Task.sleep(for: .milliseconds(1)) }
}
