package import Catalog
package import FileIO
internal import Gzip
package import SystemPackage

/// The views on disk: `views/ab/<view id>/` with the pages of one project.
package struct ViewStore: Sendable {
    private let directory: FilePath
    let fileSystem: any FileSystem

    /// The views below a mirror's root.
    package init(root: FilePath, fileSystem: any FileSystem) {
        directory = root.appending("views")
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
    /// What lies under its name is replaced, unless it is known to be whole; then only its time is set.
    ///
    /// - Parameters:
    ///   - view: The view.
    ///   - time: The time of modification for its pages, in seconds since 1970.
    ///   - isWhole: Whether the index knows the view to be whole and durable.
    ///   - compressor: What makes the compressed pages.
    /// - Throws: ``PublicationError``.
    func write(
        _ view: View,
        time: Int64,
        isWhole: Bool,
        compressor: inout GzipCompressor
    ) throws(PublicationError) {
        let path = path(of: view.id)
        do {
            if isWhole {
                for entry in try fileSystem.list(path) {
                    try fileSystem.setModificationTime(time, of: path.appending(entry.name))
                }
                return
            }
            try makeEmptyDirectory(path)
            for file in try view.files(compressor: &compressor) {
                let name = path.appending(file.name)
                try fileSystem.write(
                    file.bytes,
                    toNewFile: name,
                    permissions: [.ownerRead, .groupRead, .otherRead],
                    time: time,
                    durably: false
                )
                if let alias = file.alias { try fileSystem.link(name, at: path.appending(alias)) }
            }
        } catch let error as FileError {
            throw .file(error)
        } catch let error as GzipError {
            throw .compression("\(error)")
        } catch {
            throw .compression("\(error)")
        }
    }

    private func makeEmptyDirectory(_ path: FilePath) throws(FileError) {
        do throws(FileError) {
            try fileSystem.makeDirectory(path)
        } catch {
            switch error.errno {
            case .noSuchFileOrDirectory:
                try fileSystem.makeDirectories(path)
            case .fileExists:
                // A leftover of a crash, since the index does not know it.
                try fileSystem.removeTree(path)
                try fileSystem.makeDirectory(path)
            default: throw error
            }
        }
    }
}
