package import Catalog
package import FileIO
internal import Gzip
package import SystemPackage

/// The views on disk: `views/ab/<view id>/` with the pages of one project.
package struct ViewStore: Sendable {
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
    /// What lies under its name is replaced, unless it is known to be whole; then only its time is set. Each page is
    /// replaced at once for readers, since a view that a lost index knew may be live.
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
                try put(at: name, replacing: !isNew) { path throws(FileError) in
                    try fileSystem.write(
                        file.bytes,
                        toNewFile: path,
                        permissions: [.ownerRead, .groupRead, .otherRead],
                        time: time,
                        durably: false
                    )
                }
                guard let alias = file.alias else { continue }
                try put(at: path.appending(alias), replacing: !isNew) { path throws(FileError) in
                    try fileSystem.addName(path, to: name)
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

    /// Makes a file, under a name of its own first when another may have the name that it is to get.
    func put(
        at path: FilePath,
        replacing: Bool,
        _ make: (FilePath) throws(FileError) -> Void
    ) throws(FileError) {
        guard replacing else { return try make(path) }
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
