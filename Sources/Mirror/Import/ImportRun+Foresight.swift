internal import Bundle
internal import Catalog
internal import Digest
internal import FileIO
internal import ObjectStore
internal import Packaging
internal import Scheduling
internal import SystemPackage

extension ImportRun {
    /// What an import would change; nothing but files that go again is written.
    func foresee(_ admission: AdmittedBundle) throws -> ImportReport {
        var report = try foreseeProjects(admission)
        report.signers = admission.signers
        report.isDryRun = true
        for (index, volume) in admission.bundle.volumes.enumerated() {
            let lacking = try lackingObjects(of: volume, index + 1)
            report.objects += lacking.count
            report.bytes += lacking.bytes
        }
        return report
    }

    /// The projects that would come and go.
    private func foreseeProjects(_ admission: AdmittedBundle) throws -> ImportReport {
        let isWhole = admission.bundle.base == nil
        let report = Locked(ImportReport(admission.bundle))
        var path = stage.list
        if case .new(let list) = admission.standing { path = list }
        let digest = try withCopy(of: path, as: admission.bundle.list) { list in
            try withScratch { output in
                try ledger.merge(list, isWhole: isWhole, to: output) { project in
                    let known = try recordDigest(of: project.name)
                    report.withLock { $0.note(project, known: known) }
                }
            }
        }
        try check(digest, admission.bundle)
        return report.withLock { $0 }
    }

    /// The objects of a volume that are not here, as far as its manifest is to be had now.
    private func lackingObjects(
        of volume: BundleDescription.Volume,
        _ number: Int
    ) throws -> (count: UInt64, bytes: UInt64) {
        guard let path = try sources.file(BundleFiles.manifest(number)) else { return (0, 0) }
        return try withCopy(of: path, as: volume.manifest) { path in
            let manifest = try VolumeManifest(path, number, of: volume, fileSystem: fileSystem)
            var (count, bytes) = (UInt64(0), UInt64(0))
            while let member = try manifest.next() {
                switch member.content {
                case .record: continue
                case .object(let digest):
                    if try mirror.storedSize(of: digest) == member.size { continue }
                    count += 1
                case .part(_, let object, let offset, let total):
                    if try mirror.storedSize(of: object) == total { continue }
                    if offset == 0 { count += 1 }
                }
                bytes += member.size
            }
            return (count, bytes)
        }
    }

    /// The digest of the record that the index knows; `nil` for none.
    private func recordDigest(of name: ProjectName) throws -> SHA256Digest? {
        let key = try ProjectKey(name)
        return try mirror.catalog.read { catalog throws(CatalogError) in
            try catalog.row(of: key, in: Tables.projects)?.record
        }
    }

    /// Calls a closure with a copy of a file of the bundle that is what it should be, and that goes then.
    private func withCopy<Success>(
        of path: FilePath,
        as file: BundleDescription.File,
        _ body: (FilePath) throws -> Success
    ) throws -> Success {
        try withScratch { copy in
            try sources.copy(path, as: file, to: copy)
            return try body(copy)
        }
    }

    /// Calls a closure with a name for a file that goes then.
    private func withScratch<Success>(_ body: (FilePath) throws -> Success) throws -> Success {
        let path = mirror.objects.newStagingPath()
        defer { try? fileSystem.removeIfPresent(path) }
        return try body(path)
    }
}

extension ImportReport {
    /// How many projects are named.
    private static let namedCount = 1_000

    /// Notes what becomes of a project.
    mutating func note(_ project: BundleProject, known: SHA256Digest?) {
        if let shown = project.shown {
            if shown.record != known { note(project.name, isGone: false) }
        } else if known != nil {
            note(project.name, isGone: true)
        }
    }

    /// Notes a project that changes or goes.
    mutating func note(_ name: ProjectName, isGone: Bool) {
        if isGone {
            removedCount += 1
            if removed.count < Self.namedCount { removed.append(name) }
        } else {
            changedCount += 1
            if changed.count < Self.namedCount { changed.append(name) }
        }
    }
}
