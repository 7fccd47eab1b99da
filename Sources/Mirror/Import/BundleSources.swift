internal import Bundle
internal import Digest
internal import FileIO
internal import ObjectStore
internal import SystemPackage

/// The places in which files of a bundle are looked for.
struct BundleSources: Sendable {
    let places: [FilePath]
    let fileSystem: any FileSystem

    /// Files of a name: each once, however many of the places lead to it.
    ///
    /// - Throws: `FileError` for a place that cannot be read; one that is not there now holds nothing.
    func files(where matches: (String) -> Bool) throws(FileError) -> [(name: String, path: FilePath)] {
        var found: [(name: String, path: FilePath)] = []
        var seen: Set<FileIdentity> = []
        for place in places {
            guard let status = try fileSystem.statusIfPresent(place) else { continue }
            var paths: [FilePath] = []
            if status.kind == .directory {
                paths = try fileSystem.list(place).map { place.appending($0.name) }
            } else {
                paths = [place]
            }
            for path in paths {
                guard let name = path.lastComponent?.string, matches(name),
                    let status = try fileSystem.statusIfPresent(path), status.kind == .regular,
                    seen.insert(status.identity).inserted
                else { continue }
                found.append((name, path))
            }
        }
        return found.sorted { $0.path.string < $1.path.string }
    }

    /// The one file of a name; `nil` when there is none.
    ///
    /// - Throws: `FileError`; ``MirrorError/refused(_:)`` when there are two.
    func file(_ name: String) throws -> FilePath? {
        let found = try files { $0 == name }
        guard found.count < 2 else {
            throw MirrorError.refused("\(name) is there twice: \(found[0].path) and \(found[1].path); give one of them")
        }
        return found.first?.path
    }

    /// Throws when a file is not what a bundle says of it.
    ///
    /// - Throws: ``MirrorError/refused(_:)``, `ObjectError`.
    func check(_ path: FilePath, is file: BundleDescription.File) throws {
        let size = try fileSystem.status(path).size
        guard size == file.size else {
            throw MirrorError.refused("\(path) has \(size) bytes, and should have \(file.size)")
        }
        guard try fileSystem.bundleFile(at: path) == file else {
            throw MirrorError.refused("\(path) does not have the digest that bundle.json says")
        }
    }
}
