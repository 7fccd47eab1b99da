package import FileIO
package import SystemPackage

/// The last changes of the tree that readers see, one file each: `generations/<sequence>.json`.
///
/// A change is durable before the tree is switched, and counts once it was: one whose outcome is not live is of a switch
/// that was cut off.
package struct TreeHistory: Sendable {
    /// The most projects whose change is kept: where more change at once, going back beyond that is not possible.
    static let projectLimit = 200_000
    /// The most bytes that a change may have.
    private static let byteLimit = 1 << 26

    package let directory: FilePath
    private let fileSystem: any FileSystem

    /// The history below a mirror's root.
    package init(root: FilePath, fileSystem: any FileSystem) {
        directory = root.appending("generations")
        self.fileSystem = fileSystem
    }

    /// The numbers of the changes, the newest last.
    ///
    /// - Throws: ``PublicationError``.
    package func sequences() throws(PublicationError) -> [UInt64] {
        do throws(FileError) {
            return try fileSystem.list(directory).compactMap { entry in
                guard entry.kind == .regular, entry.name.hasSuffix(".json") else { return nil }
                let number = UInt64(entry.name.dropLast(5))
                return number.flatMap { Self.name($0) == entry.name ? $0 : nil }
            }.sorted()
        } catch {
            guard error.isMissing else { throw .file(error) }
            return []
        }
    }

    /// Reads a change.
    ///
    /// - Throws: ``PublicationError``; `damagedState` for one that is not as it was written.
    package func change(_ sequence: UInt64) throws(PublicationError) -> TreeChange {
        let path = path(of: sequence)
        let bytes: [UInt8]
        do throws(FileError) {
            bytes = try fileSystem.contents(of: path, limit: Self.byteLimit)
        } catch {
            throw .file(error)
        }
        try Seal.check(bytes, of: path, isNeeded: true)
        guard let change = TreeChange(bytes) else {
            throw .damagedState(path: path, detail: "it is not a change of the tree")
        }
        return change
    }

    /// The changes that led to a generation that is live, the newest last, without one of a switch that was cut off.
    ///
    /// - Throws: ``PublicationError``; `damagedState` for the newest one when it cannot be read.
    func finished(live: Generation) throws(PublicationError) -> [UInt64] {
        var sequences = try sequences()
        guard let last = sequences.last else { return [] }
        let newest = try change(last)
        if newest.number != live.number || newest.treeDigest != live.treeDigest { sequences.removeLast() }
        return sequences
    }

    /// Walks over the changes that led to a generation that is live, the newest first, as far as each leads to what the
    /// next one replaced.
    ///
    /// - Parameters:
    ///   - live: The generation.
    ///   - body: Returns whether to go on.
    /// - Throws: ``PublicationError``; `damagedState` for a change that cannot be read.
    func walkBack(from live: Generation, _ body: (TreeChange) -> Bool) throws(PublicationError) {
        var end = (live.number, live.treeDigest)
        for sequence in try finished(live: live).reversed() {
            let change = try change(sequence)
            guard (change.number, change.treeDigest) == end, body(change) else { return }
            end = (change.former.number, change.former.treeDigest)
        }
    }

    /// Writes a change that is about to happen, in the place of one that was cut off; durable, since what is half written
    /// would lead nowhere.
    ///
    /// - Parameters:
    ///   - change: The change.
    ///   - last: The newest one that did happen.
    /// - Throws: ``PublicationError``.
    func stage(_ change: TreeChange, after last: UInt64?) throws(PublicationError) {
        try PublicationError.wrapping {
            try fileSystem.makeDirectories(directory)
            let sequence = (last ?? 0) + 1
            // One of a higher number can only be of a switch that was cut off, and would be taken for the newest.
            for other in try sequences() where other > sequence { try fileSystem.removeIfPresent(path(of: other)) }
            try fileSystem.replace(path(of: sequence), with: try change.encoded())
        }
    }

    /// Removes all changes but the newest; not durable.
    ///
    /// - Parameter count: How many to keep.
    /// - Throws: ``PublicationError``.
    func prune(keeping count: Int) throws(PublicationError) {
        for sequence in try sequences().dropLast(count) {
            do throws(FileError) {
                try fileSystem.removeIfPresent(path(of: sequence))
            } catch {
                throw .file(error)
            }
        }
    }

    /// Forgets a change and all before it, which lead nowhere without it; not durable.
    ///
    /// - Throws: ``PublicationError``.
    package func forget(through last: UInt64) throws(PublicationError) {
        for sequence in try sequences() where sequence <= last {
            do throws(FileError) {
                try fileSystem.removeIfPresent(path(of: sequence))
            } catch {
                throw .file(error)
            }
        }
    }

    /// The number of a change by its file's path below the mirror's root; `nil` for another file.
    package static func sequence(path: String) -> UInt64? {
        guard path.hasPrefix("generations/"), path.hasSuffix(".json") else { return nil }
        return UInt64(path.dropFirst("generations/".count).dropLast(5))
    }

    func path(of sequence: UInt64) -> FilePath { directory.appending(Self.name(sequence)) }

    /// Padded, so that a listing is in order.
    private static func name(_ sequence: UInt64) -> String {
        let digits = String(sequence)
        return String(repeating: "0", count: max(0, 10 - digits.count)) + digits + ".json"
    }
}
