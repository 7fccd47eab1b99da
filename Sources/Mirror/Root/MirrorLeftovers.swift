internal import Configuration
internal import FileIO
internal import SystemPackage

/// What `init` leaves at a root when it is interrupted: empty folders, and files that are written before `store.json`.
struct MirrorLeftovers: Sendable {
    /// The folders of a mirror, in the order in which they are made, which is before all files but the lock.
    static let folders = [
        "objects", "records", "index", "views", "packages", "slots", "generations", "snapshots", "tmp", "quarantine",
    ]
    /// The name of the lock of commands that change the mirror.
    static let lockName = "lock"

    private static let files = [
        MirrorFiles.configurationName, MirrorFiles.projectListName, MirrorFiles.blockListName, UpstreamSecret.fileName,
        "status.json",
    ]

    /// The files and links at the root that are replaced by others of a name of their own, `.NAME.new`.
    static let replaced = files + ["store.json", "state.json", "web"]

    /// The files that are there, the lock apart.
    let files: [FilePath]

    /// Looks at a root.
    ///
    /// `nil` when there is anything else, be it a file that a person may have written: one with a name of `init`'s counts
    /// only beside all of its folders.
    ///
    /// - Parameters:
    ///   - root: A folder without `store.json`.
    ///   - fileSystem: What holds it.
    /// - Throws: ``FileError``.
    init?(at root: FilePath, _ fileSystem: any FileSystem) throws(FileError) {
        var folders: Set<String> = []
        var found: [FilePath] = []
        for entry in try fileSystem.list(root) {
            if entry.kind == .directory, Self.folders.contains(entry.name) {
                guard try fileSystem.list(root.appending(entry.name)).isEmpty else { return nil }
                folders.insert(entry.name)
            } else if entry.kind == .regular, Self.isFile(entry.name) {
                found.append(root.appending(entry.name))
            } else if entry.kind != .regular || entry.name != Self.lockName {
                return nil
            }
        }
        guard found.isEmpty || folders.count == Self.folders.count else { return nil }
        files = found
    }

    private static func isFile(_ name: String) -> Bool {
        // `replace` writes `.NAME.new` first.
        files.contains(name) || name == ".store.json.new" || files.contains { name == ".\($0).new" }
    }
}
