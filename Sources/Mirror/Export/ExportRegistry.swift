internal import Bundle
internal import FileIO
internal import SystemPackage

/// What the other side has after each of the last bundles: `exports/<sequence>-<bundle>.jsonl`, inventories.
struct ExportRegistry: Sendable {
    /// How many are kept; an older bundle can be no base any more.
    private static let keptCount = 20

    private let directory: FilePath
    private let fileSystem: any FileSystem

    /// The registry below a mirror's root.
    init(root: FilePath, fileSystem: any FileSystem) {
        directory = root.appending("exports")
        self.fileSystem = fileSystem
    }

    /// Where the inventory of a bundle lies.
    ///
    /// - Parameter text: The name of the bundle, or `last` for the one that was finished last.
    /// - Returns: The file.
    /// - Throws: `FileError`; ``MirrorError`` `usage` when there is none.
    func inventory(of text: String) throws -> FilePath {
        let known = try bundles()
        if text == "last" {
            guard let last = known.last else { throw MirrorError.usage("nothing was exported yet, so nothing is last") }
            return path(last)
        }
        guard let found = known.first(where: { $0.bundle == text }) else {
            throw MirrorError.usage(
                BundleDescription.isID(text)
                    ? "bundle \(text) is none of the last \(Self.keptCount) of this mirror; use --have"
                    : "'\(text)' is no bundle and no generation; write the name of a bundle, `last`, or a number"
            )
        }
        return path(found)
    }

    /// Takes over the inventory of a bundle that is about to be finished; durable.
    ///
    /// - Throws: `FileError`.
    func add(_ bundle: BundleDescription, inventory: FilePath) throws(FileError) {
        try fileSystem.makeDirectories(directory)
        try fileSystem.synchronizeDirectory(directory.removingLastComponent())
        let entry = (sequence: bundle.sequence, bundle: bundle.id)
        try fileSystem.copy(inventory, to: path(entry), durably: true)
        for old in try bundles().dropLast(Self.keptCount) { try fileSystem.removeIfPresent(path(old)) }
    }

    /// The bundles, by their numbers.
    private func bundles() throws(FileError) -> [(sequence: UInt64, bundle: String)] {
        do throws(FileError) {
            return try fileSystem.list(directory).compactMap { entry -> (sequence: UInt64, bundle: String)? in
                let parts = entry.name.split(separator: "-")
                guard parts.count == 2, let sequence = UInt64(parts[0]), parts[1].hasSuffix(".jsonl") else {
                    return nil
                }
                let bundle = String(parts[1].dropLast(6))
                return BundleDescription.isID(bundle) ? (sequence, bundle) : nil
            }.sorted { $0.sequence < $1.sequence }
        } catch  where error.isMissing {
            return []
        }
    }

    private func path(_ entry: (sequence: UInt64, bundle: String)) -> FilePath {
        directory.appending("\(entry.sequence)-\(entry.bundle).jsonl")
    }
}
