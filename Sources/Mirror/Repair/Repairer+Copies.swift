internal import Catalog
internal import Digest
internal import FileIO
internal import ObjectStore
internal import Publication
internal import Scheduling
internal import SystemPackage

/// Copies below `packages/`: read again, and replaced by good ones.
extension Repairer {
    /// How many copies are worked on together.
    private static let copyBatch = 256

    /// Puts copies of right objects into the places of damaged ones, whose bytes are kept.
    ///
    /// Objects come before, so that what they were had from again is what is copied.
    func repairCopies() async throws(MirrorError) {
        let found = findings
        let all = indices(of: Self.objectKinds.union([.badMode])).filter {
            found[$0].isAboutCopy && found[$0].outcome == .left
        }
        let byPath = Dictionary(grouping: all) { found[$0].path ?? "" }.sorted { $0.key < $1.key }
        for start in stride(from: 0, to: byPath.count, by: Self.copyBatch) {
            if Task.isCancelled { return }
            let batch = Array(byPath[start..<min(byPath.count, start + Self.copyBatch)])
            let repairer = self
            try await onDisk { try repairer.repairCopies(batch.map { ($0.key, $0.value) }) }
        }
    }

    private func repairCopies(_ copies: [(path: String, indices: [Int])]) throws {
        let links = mirror.publisher.links
        var damaged: [(name: PackageLinks.Name, indices: [Int], kept: String?)] = []
        for (path, indices) in copies {
            guard let name = try links.name(at: path), name.row.isCopy else {
                drop(indices)
                continue
            }
            guard try mirror.fileSystem.statusIfPresent(name.path)?.kind == .regular else {
                settle(indices, .withdrawn, "it is gone, with its object")
                continue
            }
            guard let problem = try problem(with: name) else {
                if interruption.isRequested {
                    settle(indices, .left, "it was interrupted before the copy was looked at again")
                } else {
                    drop(indices)
                }
                continue
            }
            if problem.kind == .badMode {
                do throws(FileError) {
                    try mirror.fileSystem.setPermissions(ObjectStore.permissions, of: name.path)
                    settle(indices, .repaired, "the mode is 0444 again")
                    continue
                } catch {
                    // A copy of our own takes the place of somebody else's.
                    add(indices, "\(error)")
                }
            }
            let kept = problem.kind == .badMode ? nil : try keep(name, path, problem)
            damaged.append((name, indices, kept))
        }
        let problems = try links.renew(damaged.map(\.name))
        try mirror.barrier.synchronize()
        for (name, indices, kept) in damaged {
            if let problem = problems[name.key] {
                settle(indices, .left, "its object has to be right first: \(problem)")
            } else {
                let rest = kept.map { "; the damaged bytes are quarantine/\($0)" } ?? ""
                settle(indices, .repaired, "replaced by a copy of the object\(rest)")
            }
        }
    }

    /// What is wrong with a copy; `nil` when nothing is.
    private func problem(with name: PackageLinks.Name) throws -> (kind: Finding.Class, detail: String)? {
        var hasher = try ObjectHasher()
        let links = mirror.publisher.links
        let found = try links.rehash(name.key, name.row, with: &hasher) { _ in !interruption.isRequested }
        guard let found else { return nil }
        guard found.digest == name.row.object else {
            let expected = name.row.size
            let kind: Finding.Class =
                found.size < expected ? .short : found.size > expected ? .long : .digestMismatch
            let detail = "\(expected) bytes were expected, the \(found.size) bytes of the copy have \(found.digest)"
            return (kind, detail)
        }
        let permissions = try mirror.fileSystem.status(name.path).permissions
        return permissions == ObjectStore.permissions ? nil : (.badMode, "the mode is not 0444")
    }

    /// Keeps the bytes of a copy in quarantine, with their story.
    private func keep(
        _ name: PackageLinks.Name,
        _ path: String,
        _ problem: (kind: Finding.Class, detail: String)
    ) throws(FileError) -> String? {
        let time = mirror.now()
        let story = QuarantineStory(
            object: name.row.object,
            kind: problem.kind,
            detail: problem.detail,
            uses: [],
            path: path,
            time: time,
            outcome: .repaired
        )
        return try quarantine.keep(name.path, for: name.row.object.hex, time: time, story: story.bytes)
    }
}
