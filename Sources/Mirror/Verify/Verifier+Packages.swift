internal import Catalog
internal import Digest
internal import FileIO
internal import ObjectStore
internal import Publication
internal import Record
internal import Scheduling
internal import SystemPackage

/// Names below `packages/`: what they lead to, and the bytes of those that are copies.
extension Verifier {
    /// Every name below `packages/` against the index (I3).
    func checkLinks() async {
        await mirror.workers.run { findStrays(in: "packages", .publicationDangling, "it is no folder of links") }
        guard let kinds = linkKinds() else { return }
        await mirror.workers.forEach(count: 256) { prefix in
            if limits.isOver { return }
            let links = mirror.publisher.links
            let isKnown = { digest in isThere(digest, in: Tables.objects) }
            for problem in links.danglingNames(below: [UInt8(prefix)].hex, kinds, isKnown: isKnown)
            where (try? mirror.fileSystem.exists(mirror.path.appending(problem.path))) ?? true {
                // A publication that turns all names into another kind is no damage.
                guard !wasTold(problem.path), linkKinds() == kinds else { continue }
                note(
                    Finding(
                        Finding.Class(problem.kind),
                        object: problem.object,
                        path: problem.path,
                        file: problem.file,
                        detail: problem.detail
                    )
                )
            }
        }
    }

    /// Which kinds names may have; `nil`, and a finding, when the index cannot tell.
    private func linkKinds() -> LinkKinds? {
        do throws(CatalogError) {
            return try mirror.publisher.links.kinds()
        } catch {
            note(error)
            return nil
        }
    }

    /// All copies, or those that some projects list, in pieces.
    func forEachCopy(
        of projects: [ProjectScope]?,
        inPieces body: ([(key: PackageKey, row: PackageRow)]) async throws(MirrorError) -> Void
    ) async throws(MirrorError) {
        guard let projects else {
            return try await forEachBatch(of: Tables.packages) { batch throws(MirrorError) in
                try await body(batch.filter(\.row.isCopy))
            }
        }
        for project in projects {
            if limits.isOver { return }
            let copies = await mirror.workers.run { () -> [(key: PackageKey, row: PackageRow)] in
                switch reading(of: project.name, project.key) {
                case .none, .wrong: return []
                case .indexed(let record), .unindexed(let record, _):
                    return record.packageKeys.compactMap { key in
                        guard let row = currentRow(of: key, in: Tables.packages), row.isCopy else { return nil }
                        return (key, row)
                    }
                }
            }
            try await body(copies)
        }
    }

    /// Hashes a copy.
    func check(_ key: PackageKey, with hasher: inout ObjectHasher, _ checked: CheckedObjects) {
        guard let row = currentRow(of: key, in: Tables.packages), row.isCopy else { return }
        let path = PackageLinks.path(of: key, row)
        do throws(ObjectError) {
            let found = try mirror.publisher.links.rehash(key, row, with: &hasher) { count in
                progress.update { $0.bytes.done += UInt64(count) }
                checked.flushIfDue()
                return limits.spend(count)
            }
            guard let found else { return }
            update { report in
                report.hashedCopies += 1
                report.checkedBytes += found.size
            }
            if found.digest == row.object { return checked.add(key) }
            let kind: Finding.Class =
                found.size < row.size ? .short : found.size > row.size ? .long : .digestMismatch
            note(kind, key, row, path, "the \(found.size) bytes of the copy have the digest \(found.digest)")
        } catch {
            // What is no file, or none of ours, is a finding of the publication.
            if case .file(let cause) = error, cause.isMissing || cause.errno == .tooManySymbolicLinkLevels { return }
            note(.ioError, key, row, path, "\(error)")
        }
    }

    /// Notes what is wrong with a copy, unless it is another one by now.
    private func note(_ kind: Finding.Class, _ key: PackageKey, _ row: PackageRow, _ path: String, _ detail: String) {
        guard isStill(key, in: Tables.packages, { $0?.object == row.object && $0?.storedAt == row.storedAt }) else {
            return
        }
        let object = currentRow(of: row.object, in: Tables.objects)
        let project = object.flatMap { owner(of: row.object, $0)?.project }
        note(Finding(kind, object: row.object, path: path, project: project, file: row.filename, detail: detail))
    }
}

extension Finding.Class {
    /// What a problem with a name is called.
    init(_ kind: LinkProblem.Kind) {
        switch kind {
        case .dangling: self = .publicationDangling
        case .unreadable: self = .ioError
        case .short: self = .short
        case .long: self = .long
        case .mode: self = .badMode
        }
    }
}

extension Finding {
    /// Whether it is about the bytes or the permissions of a copy, and not about an object.
    var isAboutCopy: Bool { path?.hasPrefix("packages/") ?? false }
}

extension ProjectRecord {
    /// The keys of the names of all its files and sidecars.
    fileprivate var packageKeys: [PackageKey] {
        files.flatMap(\.packages).compactMap { try? PackageLinks.rowKey(of: $0.filename, at: $0.path) }
    }
}
