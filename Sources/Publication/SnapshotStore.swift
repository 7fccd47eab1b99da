package import FileIO
package import SystemPackage

/// Trees that were kept under names: `snapshots/NAME/`, each with `simple/`, `generation.json`, a link to the packages, and
/// a `manifest`.
///
/// One that is being made, or removed, has a name with a leading dot.
package struct SnapshotStore: Sendable {
    /// The directory that holds them.
    package let directory: FilePath
    let fileSystem: any FileSystem

    /// The snapshots below a mirror's root.
    package init(root: FilePath, fileSystem: any FileSystem) {
        directory = root.appending("snapshots")
        self.fileSystem = fileSystem
    }

    /// The names of the snapshots, sorted.
    ///
    /// - Throws: ``FileError``.
    package func names() throws(FileError) -> [SnapshotName] {
        do throws(FileError) {
            return try fileSystem.list(directory).compactMap { entry in
                entry.kind == .directory ? SnapshotName(entry.name) : nil
            }.sorted()
        } catch  where error.isMissing {
            return []
        }
    }

    /// The tree of a snapshot, there or not.
    package func tree(_ name: SnapshotName) -> LinkTree { tree(named: name.text, isSeen: true) }

    /// The tree of a snapshot that is being made.
    func newTree(_ name: SnapshotName) -> LinkTree { tree(named: ".\(name).new", isSeen: false) }

    private func tree(named name: String, isSeen: Bool) -> LinkTree {
        LinkTree(
            path: directory.appending(name),
            shared: ["packages"],
            hasWebPages: false,
            isSeen: isSeen,
            fileSystem: fileSystem
        )
    }

    /// What a snapshot says of itself; `nil` when there is none of this name.
    ///
    /// - Throws: ``PublicationError``; `damagedState` when it cannot be read.
    package func generation(_ name: SnapshotName) throws(PublicationError) -> Generation? {
        try Generation.read(inTree: tree(name).path, fileSystem: fileSystem, needsSeal: true)
    }

    /// What a snapshot shows.
    ///
    /// - Throws: ``PublicationError``; `damagedState` when it is not as it was written.
    func manifest(_ name: SnapshotName) throws(PublicationError) -> SnapshotManifest {
        let path = tree(name).path.appending("manifest")
        let bytes: [UInt8]
        do throws(FileError) {
            bytes = try fileSystem.contents(of: path, limit: 1 << 30)
        } catch {
            guard error.isMissing else { throw .file(error) }
            throw .damagedState(path: path, detail: "it is missing")
        }
        return try SnapshotManifest(bytes, path: path)
    }

    /// Gives a snapshot that was made its name, durably; all of it has to be durable before.
    func place(_ name: SnapshotName) throws(FileError) {
        try fileSystem.rename(newTree(name).path, toNew: tree(name).path)
        try fileSystem.synchronizeDirectory(directory)
    }

    /// Removes a snapshot: at once for readers and durably, then what is left of it.
    func remove(_ name: SnapshotName) throws(FileError) {
        let gone = directory.appending(".\(name).old")
        if try fileSystem.exists(gone) { try fileSystem.removeTree(gone) }
        try fileSystem.rename(tree(name).path, to: gone)
        try fileSystem.synchronizeDirectory(directory)
        try fileSystem.removeTree(gone)
    }

    /// Removes what a crash left of snapshots that were being made, or removed.
    ///
    /// - Throws: ``FileError``.
    package func sweep() throws(FileError) {
        do throws(FileError) {
            for entry in try fileSystem.list(directory) where entry.kind == .directory && entry.name.hasPrefix(".") {
                try fileSystem.removeTree(directory.appending(entry.name))
            }
        } catch  where error.isMissing {
            // A mirror without the folder has none.
        }
    }
}
