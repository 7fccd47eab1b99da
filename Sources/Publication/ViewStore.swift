package import Catalog
package import FileIO
internal import Gzip
package import SystemPackage

/// The views on disk: `views/ab/<view id>/` with the pages of one project.
package struct ViewStore: Sendable {
    /// Everybody may read the files of a view, and nobody may write them.
    private static let permissions: FilePermissions = [.ownerRead, .groupRead, .otherRead]

    let directory: FilePath
    let metadata: MetadataReader
    let fileSystem: any FileSystem

    /// The views below a mirror's root.
    package init(root: FilePath, fileSystem: any FileSystem) {
        directory = root.appending("views")
        metadata = MetadataReader(root: root, fileSystem: fileSystem)
        self.fileSystem = fileSystem
    }

    /// Where a view lies, whether or not it exists.
    package func path(of id: ViewID) -> FilePath {
        directory.appending("\(id.hex.prefix(2))/\(id.hex)")
    }

    /// Where the link of a project in a slot points to.
    package static func linkTarget(of id: ViewID) -> String {
        "../../../views/\(id.hex.prefix(2))/\(id.hex)"
    }

    /// Writes a view; not durable.
    ///
    /// What lies under its name is made good, unless it is known to be whole; then only its time is set. A view that is
    /// made good may be live: a lost index knew it, or one of its pages was damaged. So what is right in it stays as it
    /// is, and what is not is replaced at once for readers, by bytes that a power cut does not take back.
    ///
    /// - Parameters:
    ///   - view: The view.
    ///   - time: The time of modification for its pages, in seconds since 1970.
    ///   - isWhole: Whether the index knows the view to be whole and durable.
    ///   - compressor: What makes the compressed pages.
    /// - Returns: Documents that say less than they should, since metadata cannot be read now.
    /// - Throws: ``PublicationError``.
    func write(
        _ view: View,
        time: Int64,
        isWhole: Bool,
        compressor: inout GzipCompressor
    ) throws(PublicationError) -> [String] {
        let path = path(of: view.id)
        do {
            if isWhole, try fileSystem.exists(path) {
                try touch(view.id, time: time)
                return []
            }
            let isNew = try makeDirectory(path)
            let files = try view.files(compressor: &compressor)
            for file in files {
                let name = path.appending(file.name)
                try put(file.bytes, at: name, time: time, replacing: !isNew)
                guard let alias = file.alias.map({ path.appending($0) }) else { continue }
                if isNew {
                    try fileSystem.addName(alias, to: name)
                } else if !holds(file.bytes, at: alias) {
                    try replace(alias) { path throws(FileError) in try fileSystem.addName(path, to: name) }
                } else {
                    try fileSystem.setModificationTime(time, of: alias)
                }
            }
            let documents = try writeDocuments(of: view, time: time, replacing: !isNew, compressor: &compressor)
            if !isNew { try removeStrangers(in: path, keeping: files, documents.names) }
            return documents.poor
        } catch let error as FileError {
            throw .file(error)
        } catch let error as GzipError {
            throw .compression("\(error)")
        } catch {
            throw .compression("\(error)")
        }
    }

    /// Gives the pages of a view another time of modification; not durable.
    func touch(_ id: ViewID, time: Int64) throws(FileError) {
        try setTime(time, of: path(of: id))
    }

    /// The time of modification of a view's pages, in seconds since 1970; `nil` when there are none.
    func time(of id: ViewID) throws(FileError) -> Int64? {
        try fileSystem.statusIfPresent(path(of: id).appending("index.html"))?.modificationTime
    }

    /// Makes the directory of a view.
    ///
    /// - Returns: Whether there was none.
    private func makeDirectory(_ path: FilePath) throws(FileError) -> Bool {
        do throws(FileError) {
            try fileSystem.makeDirectory(path)
        } catch {
            switch error.errno {
            case .noSuchFileOrDirectory: try fileSystem.makeDirectories(path)
            case .fileExists: return false
            default: throw error
            }
        }
        return true
    }

    /// Makes a file of a view.
    ///
    /// - Parameters:
    ///   - bytes: What it holds.
    ///   - path: Its name.
    ///   - time: The time of modification, in seconds since 1970.
    ///   - replacing: Whether something may have the name. What holds these bytes stays, and gets the time; anything else
    ///     is replaced, by bytes that are durable when they get the name.
    /// - Throws: `FileError`.
    func put(_ bytes: [UInt8], at path: FilePath, time: Int64, replacing: Bool) throws(FileError) {
        guard replacing else { return try write(bytes, to: path, time: time, durably: false) }
        guard !holds(bytes, at: path) else { return try fileSystem.setModificationTime(time, of: path) }
        try replace(path) { path throws(FileError) in try write(bytes, to: path, time: time, durably: true) }
    }

    private func write(_ bytes: [UInt8], to path: FilePath, time: Int64, durably: Bool) throws(FileError) {
        try fileSystem.write(bytes, toNewFile: path, permissions: Self.permissions, time: time, durably: durably)
    }

    /// Whether a file holds these bytes, for everybody to read; one that cannot be read does not.
    private func holds(_ bytes: [UInt8], at path: FilePath) -> Bool {
        guard let status = try? fileSystem.statusIfPresent(path), status.kind == .regular,
            status.permissions == Self.permissions
        else { return false }
        do throws(FileError) {
            return try problem(of: path, expecting: bytes) == nil
        } catch {
            return false
        }
    }

    /// Replaces a file by one that `make` makes under a name of its own first.
    private func replace(_ path: FilePath, by make: (FilePath) throws(FileError) -> Void) throws(FileError) {
        let temporary = path.removingLastComponent().appending(".new")
        try fileSystem.removeIfPresent(temporary)
        try make(temporary)
        try fileSystem.rename(temporary, to: path)
    }

    /// Removes what a crash left in the directory of a view and is none of its pages.
    private func removeStrangers(in path: FilePath, keeping files: [ViewFile], _ others: [String]) throws(FileError) {
        let names = Set(files.map(\.name) + files.compactMap(\.alias) + others)
        for entry in try fileSystem.list(path) where !names.contains(entry.name) {
            let stranger = path.appending(entry.name)
            if entry.kind == .directory {
                try fileSystem.removeTree(stranger)
            } else {
                try fileSystem.remove(stranger)
            }
        }
    }
}
