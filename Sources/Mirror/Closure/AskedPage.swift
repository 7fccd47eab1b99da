internal import Digest
internal import FileIO
internal import ObjectStore
internal import Packaging
internal import Record
internal import Scheduling
internal import SimpleIndex
internal import SystemPackage

/// What came of asking for a project's page while the closure was found, so that nobody asks twice in one sync.
enum AskedPage: Sendable {
    /// It was not asked for, since nothing can be new.
    case known
    /// It is the one that the record was made from.
    case unchanged
    /// It is another one, which lies in a file until the project is brought up to date.
    case staged(FilePath, etag: String?)
    /// There is nothing more to do for the project in this sync.
    case settled
}

/// What came of asking for a page.
enum PageAnswer: Sendable {
    /// It is the one that the record was made from.
    case unchanged
    /// It is another one.
    case page(ProjectPage, [RefusalRecord], etag: String?)
    /// There is none, which is noted.
    case gone
    /// It could not be had or used, which is noted.
    case failed
}

extension SyncRun {
    /// Keeps a page in a file of the staging directory, which the next command sweeps.
    func stage(
        _ page: ProjectPage,
        _ refusals: [RefusalRecord],
        etag: String?,
        of url: String
    ) async throws(MirrorError) -> AskedPage {
        let (path, fileSystem) = (mirror.objects.newStagingPath(), mirror.fileSystem)
        try await mirror.workers.runWrapping {
            var record = ProjectRecord(name: page.name, page: url, firstSeen: 0)
            record.serial = page.serial
            record.status = page.status
            record.versions = page.versions
            record.files = page.files.map { FileRecord($0, firstSeen: 0) }
            record.refusals = refusals
            try fileSystem.write(
                try record.encoded().bytes,
                toNewFile: path,
                permissions: [.ownerReadWrite],
                durably: false
            )
        }
        return .staged(path, etag: etag)
    }

    /// Reads a page that was staged; blocks.
    func staged(_ path: FilePath) throws -> (page: ProjectPage, refusals: [RefusalRecord]) {
        let bytes = try mirror.fileSystem.contents(of: path, limit: RecordStore.maximumByteCount)
        let record = try ProjectRecord.decode(bytes).record
        return (record.pageAsSeen, record.refusals)
    }

    /// Reads a page that was staged and removes its file; blocks.
    func takeStaged(_ path: FilePath) throws -> (page: ProjectPage, refusals: [RefusalRecord]) {
        let found = try staged(path)
        try mirror.fileSystem.removeIfPresent(path)
        return found
    }

    /// Removes the pages that were staged and that nothing asked for; one that cannot be removed is swept later.
    func discardStagedPages() async {
        let pages = asked.withLock { asked in
            defer { asked = [:] }
            return asked.values.compactMap { page in
                if case .staged(let path, _) = page { path } else { nil }
            }
        }
        let fileSystem = mirror.fileSystem
        await mirror.workers.run {
            for path in pages { try? fileSystem.removeIfPresent(path) }
        }
    }
}
