import Foundation
package import SystemPackage

/// A folder that goes away with the value.
package final class TemporaryFolder: Sendable {
    /// Where it is.
    package let path: FilePath

    /// Makes an empty folder.
    package init() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("larder-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = FilePath(url.path)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path.string)
    }

    /// Writes a file, with the folders above it.
    @discardableResult
    package func write(_ name: String, _ text: String, mode: Int = 0o644) throws -> FilePath {
        let file = path.pushing(FilePath(name))
        try FileManager.default.createDirectory(
            atPath: file.removingLastComponent().string,
            withIntermediateDirectories: true
        )
        if mode & 0o111 == 0 {
            try Data(text.utf8).write(to: URL(fileURLWithPath: file.string))
        } else {
            try writeProgram(text, to: file)
        }
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.string)
        return file
    }

    /// Writes a file that is to be run, by a process of its own.
    ///
    /// A program that another test starts at this moment gets our descriptors and may keep one for long, and what
    /// anybody has open for writing cannot be run (`ETXTBSY`).
    private func writeProgram(_ text: String, to file: FilePath) throws {
        let draft = FilePath(file.string + ".draft")
        try Data(text.utf8).write(to: URL(fileURLWithPath: draft.string))
        let copy = Process()
        copy.executableURL = URL(fileURLWithPath: "/bin/cp")
        copy.arguments = ["--remove-destination", draft.string, file.string]
        try copy.run()
        copy.waitUntilExit()
        try FileManager.default.removeItem(atPath: draft.string)
    }

    /// Makes a symbolic link, with the folders above it.
    package func link(_ name: String, to target: String) throws {
        let link = path.pushing(FilePath(name))
        try FileManager.default.createDirectory(
            atPath: link.removingLastComponent().string,
            withIntermediateDirectories: true
        )
        try FileManager.default.createSymbolicLink(atPath: link.string, withDestinationPath: target)
    }
}
