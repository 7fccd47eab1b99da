import Foundation
import Glibc
import SystemPackage

/// What lies below a folder: kinds, sizes, modes, times and targets of links, to compare before and after.
struct FileTree: Equatable {
    /// A line for each path.
    let entries: [String: String]

    /// Lists a folder.
    ///
    /// - Parameters:
    ///   - root: The folder.
    ///   - excluded: Names at the first level that are left out.
    /// - Throws: What keeps the folder from being read.
    init(_ root: FilePath, except excluded: Set<String> = []) throws {
        var entries: [String: String] = [:]
        for path in try FileManager.default.subpathsOfDirectory(atPath: root.string) {
            let first = path.split(separator: "/").first.map(String.init) ?? path
            guard !excluded.contains(first) else { continue }
            let full = root.pushing(FilePath(path)).string
            var status = stat()
            guard lstat(full, &status) == 0 else { continue }
            let isLink = status.st_mode & S_IFMT == S_IFLNK
            let target = isLink ? (try? FileManager.default.destinationOfSymbolicLink(atPath: full)) ?? "" : ""
            let time = "\(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
            entries[path] = "\(status.st_mode) \(status.st_size) \(time) \(status.st_ino) \(target)"
        }
        self.entries = entries
    }

    /// The paths that differ.
    func differences(from other: FileTree) -> [String] {
        Set(entries.keys).union(other.entries.keys).filter { entries[$0] != other.entries[$0] }.sorted()
    }
}

extension FilePath {
    /// Copies a folder with all that is in it, links as links.
    func copy(to target: FilePath) throws {
        try Python.run("/usr/bin/env", ["cp", "-a", string, target.string])
    }

    /// Removes whatever is here.
    func removeAll() {
        try? FileManager.default.removeItem(atPath: string)
    }
}
