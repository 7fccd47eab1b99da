import FileIO
import Foundation
import SystemPackage

/// A directory that is removed when the value ends.
final class TemporaryDirectory {
    let path: FilePath

    init() throws {
        path = FilePath(NSTemporaryDirectory()).appending("larder-\(UUID().uuidString)")
        try POSIXFileSystem().makeDirectories(path)
    }

    deinit {
        try? POSIXFileSystem().removeTree(path)
    }

    /// The bytes of a file, by its path below the directory.
    func contents(_ name: String) throws -> [UInt8] {
        try POSIXFileSystem().contents(of: path.pushing(FilePath(name)), limit: 1 << 24)
    }

    /// The paths and contents of all files below a directory, by relative path.
    static func tree(_ root: FilePath) throws -> [String: [UInt8]] {
        let files = POSIXFileSystem()
        var tree: [String: [UInt8]] = [:]
        func walk(_ directory: FilePath, _ prefix: String) throws {
            for entry in try files.list(directory) {
                let path = directory.appending(entry.name)
                if entry.kind == .directory {
                    try walk(path, "\(prefix)\(entry.name)/")
                } else {
                    tree[prefix + entry.name] = try files.contents(of: path, limit: 1 << 24)
                }
            }
        }
        try walk(root, "")
        return tree
    }
}
