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
            var paths = [place]
            // A folder may be a link, as that of a drive often is, which is not followed as the last component.
            let folder = place.appending(".")
            if try isFolder(folder) { paths = try fileSystem.list(folder).map { place.appending($0.name) } }
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

    private func isFolder(_ path: FilePath) throws(FileError) -> Bool {
        do throws(FileError) {
            return try fileSystem.status(path).kind == .directory
        } catch  where error.isMissing || error.errno == .notDirectory {
            return false
        }
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

    /// Copies a file of a bundle, comparing what is copied with what the bundle says of it.
    ///
    /// A medium may give other bytes the next time that it is read, so that nothing is read there again.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - file: What it should be.
    ///   - copy: The copy; its bytes are durable, its name is not.
    /// - Throws: `FileError`, `DigestError`; ``MirrorError/refused(_:)`` when it is something else, and then there is no copy.
    func copy(_ path: FilePath, as file: BundleDescription.File, to copy: FilePath) throws {
        let size = try fileSystem.status(path).size
        guard size == file.size else {
            throw MirrorError.refused("\(path) has \(size) bytes, and should have \(file.size)")
        }
        let output = try HashedOutput(copy, fileSystem: fileSystem)
        do {
            try write(path, to: output)
        } catch {
            output.discard()
            throw error
        }
        guard try output.finish(as: file) else {
            throw MirrorError.refused("\(path) does not have the digest that bundle.json says")
        }
    }

    private func write(_ path: FilePath, to output: HashedOutput) throws(FileError) {
        let input = try fileSystem.open(path, for: .reading)
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            let count = try fileSystem.read(into: &buffer, from: input)
            if count == 0 { return }
            try output.write(Array(buffer[..<count]))
        }
    }
}
