package import Configuration
package import FileIO
internal import JSON
internal import Packaging
package import SystemPackage

/// What a new mirror is made from.
package struct MirrorBlueprint: Sendable {
    /// The text of `larder.toml`.
    package var configuration: String
    /// The list of projects.
    package var projects: ProjectList
    /// The credentials; none are written when it is empty.
    package var secret: UpstreamSecret

    /// A blueprint.
    package init(configuration: String, projects: ProjectList, secret: UpstreamSecret) {
        self.configuration = configuration
        self.projects = projects
        self.secret = secret
    }

    /// Makes a mirror.
    ///
    /// The root may exist when it is empty, or holds what an interrupted call left. `store.json` is written last, so that
    /// a half-made mirror is none.
    ///
    /// - Parameters:
    ///   - root: Where to make it.
    ///   - fileSystem: What holds it.
    /// - Throws: ``MirrorError``; `mirrorExists` where there is one, `usage` where there is something else, `locked` where
    ///   another call is making one.
    package func make(at root: FilePath, fileSystem: any FileSystem = POSIXFileSystem()) throws(MirrorError) {
        do throws(ConfigurationError) {
            _ = try Configuration.parse(configuration, file: MirrorFiles.configurationName)
        } catch {
            throw .configuration(error)
        }
        do {
            // Only a root where a mirror can be made gets a lock; under it, the answer is final.
            try fileSystem.makeDirectories(root)
            _ = try leftovers(at: root, fileSystem)
            let lock = try lock(root, fileSystem)
            for file in try leftovers(at: root, fileSystem) { try fileSystem.remove(file) }
            try write(to: root, fileSystem)
            _ = consume lock
        } catch let error as MirrorError {
            throw error
        } catch let error as FileError {
            throw .file(error)
        } catch {
            throw .library("\(error)")
        }
    }

    /// What is to be removed before the mirror is made.
    private func leftovers(at root: FilePath, _ fileSystem: any FileSystem) throws -> [FilePath] {
        if try fileSystem.exists(root.appending("store.json")) { throw MirrorError.mirrorExists(root) }
        guard let leftovers = try MirrorLeftovers(at: root, fileSystem) else {
            throw MirrorError.usage("\(root) is not empty; choose a new folder for the mirror")
        }
        return leftovers.files
    }

    private func lock(_ root: FilePath, _ fileSystem: any FileSystem) throws -> FileLock {
        do {
            return try FileLock(root.appending(MirrorLeftovers.lockName), waiting: false, fileSystem: fileSystem)
        } catch  where error.errno == .wouldBlock {
            throw MirrorError.locked(root)
        }
    }

    private func write(to root: FilePath, _ fileSystem: any FileSystem) throws(FileError) {
        let barrier = try FileSystemBarrier(holding: root, fileSystem: fileSystem)
        for name in MirrorLeftovers.folders {
            try fileSystem.makeDirectories(root.appending(name))
        }
        // A power cut leaves no file without all folders, so that the next `init` knows its own.
        try barrier.synchronize()
        for (name, text, permissions) in files {
            let path = root.appending(name)
            try fileSystem.write(Array(text.utf8), toNewFile: path, permissions: permissions, durably: false)
        }
        // Nor is there a mirror without all of its files.
        try barrier.synchronize()
        try fileSystem.replace(root.appending("store.json"), with: storeDescription())
    }

    /// The files of a new mirror but the one that makes it one, and who may read them.
    private var files: [(name: String, text: String, permissions: FilePermissions)] {
        let everybody: FilePermissions = [.ownerReadWrite, .groupRead, .otherRead]
        var files = [
            (MirrorFiles.configurationName, configuration, everybody),
            (MirrorFiles.projectListName, projects.text, everybody),
            (MirrorFiles.blockListName, "", everybody),
            ("status.json", "{}\n", everybody),
        ]
        if !secret.isEmpty { files.append((UpstreamSecret.fileName, secret.text, .ownerReadWrite)) }
        return files
    }

    private func storeDescription() -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("format", MirrorFiles.format)
            writer.member("id", Clock.randomIdentifier())
        }
        return writer.bytes + [UInt8(ascii: "\n")]
    }
}
