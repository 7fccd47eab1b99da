internal import Digest
internal import FileIO
internal import Scheduling
internal import SystemPackage
internal import Transfer

/// Gets one file of a fetch: looks at what is here, asks the engine, and hands over what came.
struct FetchDownload: Sendable {
    let run: FetchRun
    let workers: WorkerPool
    /// What was in the folder at the start; `nil` for too much to remember.
    ///
    /// Names that come later are not overwritten either: the commit finds them.
    let names: Set<String>?
    let commit: FetchCommit
    let settled: @Sendable (FetchedFile) -> Void

    /// A URL, and what is here of its file.
    struct Wanted: Sendable {
        let item: FetchItem
        let file: FetchedFile
        /// What has the file's name; `nil` for nothing.
        let standing: FileStatus?
        /// Whether an earlier fetch left a part of it.
        let hasPart: Bool

        /// Where it arrives.
        var partial: FilePath { FilePath(file.path.string + FetchItem.partialSuffix) }
    }

    /// Looks at what is here of some files, in one go on a thread that may wait.
    func look(at entries: [FetchList.Entry], in directory: FilePath) async throws(MirrorError) -> [Wanted] {
        let (run, destination) = (run, run.options.destination)
        return try await workers.run { () throws(MirrorError) in
            var wanted: [Wanted] = []
            for entry in entries {
                do {
                    let item = try run.list.item(entry, run.options)
                    let path =
                        switch destination {
                        case .file(let path): path
                        case .directory: directory.appending(try item.filename())
                        }
                    let standing = try status(path)
                    let file = FetchedFile(index: entry.index, url: item.url, path: path)
                    let partial = FilePath(path.string + FetchItem.partialSuffix)
                    let hasPart = try status(partial) != nil
                    wanted.append(Wanted(item: item, file: file, standing: standing, hasPart: hasPart))
                } catch let error as FetchItem.Refusal {
                    // All entries were checked before.
                    throw .usage("\(entry.place) \(error.reason)")
                } catch {
                    throw MirrorError(wrapping: error)
                }
            }
            return wanted
        }
    }

    /// The names in the folder, unless they are very many.
    static func names(
        in directory: FilePath,
        _ fileSystem: any FileSystem,
        on workers: WorkerPool
    ) async throws(MirrorError) -> Set<String>? {
        try await workers.runWrapping {
            let entries = try fileSystem.list(directory)
            return entries.count <= 100_000 ? Set(entries.map(\.name)) : nil
        }
    }

    /// What is known of a file; no call is made for one that was not there at the start.
    private func status(_ path: FilePath) throws(FileError) -> FileStatus? {
        if let names, let name = path.lastComponent?.string, !names.contains(name) { return nil }
        return try run.fileSystem.statusIfPresent(path)
    }

    /// Gets a file.
    ///
    /// - Throws: ``MirrorError`` for what stops the whole run.
    func get(_ wanted: Wanted) async throws(MirrorError) {
        var file = wanted.file
        if let standing = wanted.standing {
            switch try await judge(standing, wanted) {
            case .isRight(let digests):
                file.note(digests, size: standing.size, expected: wanted.item.expectation)
                // Somebody else may have written it a moment ago.
                return try await submit(file, partial: nil)
            case .isInTheWay(let reason):
                file.refuse(reason)
                return settled(file)
            case .isReplaced: break
            }
        }
        let partial = wanted.partial
        var request = TransferRequest(
            url: wanted.item.url,
            priority: .file,
            destination: .resumable(partial),
            encoding: .identity,
            expectation: wanted.item.expectation
        )
        request.permissions = POSIXFileSystem.ordinaryPermissions
        request.mayHavePart = wanted.hasPart
        switch await run.servers.engine(for: request.url).perform(request) {
        case .success(let response):
            file.note(response)
            try await submit(file, partial: partial)
        case .failure(let error):
            // What the engine leaves of it is what the next request can go on with.
            if case .local(let cause) = error.code { throw .file(cause) }
            if case .cancelled = error.code { return }
            file.note(error)
            settled(file)
        }
    }

    private func submit(_ file: FetchedFile, partial: FilePath?) async throws(MirrorError) {
        do throws(FileError) {
            try await commit.submit(FetchCommit.Change(file: file, partial: partial))
        } catch {
            throw .file(error)
        }
    }

    // MARK: What is here already

    /// What to do about a file that has the name.
    private enum Verdict {
        /// It is the one that is wanted, with these digests.
        case isRight([DigestAlgorithm: [UInt8]])
        /// It stays, and the download is refused.
        case isInTheWay(String)
        /// It may be replaced.
        case isReplaced
    }

    private func judge(_ standing: FileStatus, _ wanted: Wanted) async throws(MirrorError) -> Verdict {
        let (path, expectation) = (wanted.file.path, wanted.item.expectation)
        if standing.kind == .directory { return .isInTheWay("\(path) is a directory") }
        let mayReplace = run.options.overwrites
        guard standing.kind == .regular else {
            return mayReplace
                ? .isReplaced : .isInTheWay("\(path) is there and is no regular file; --overwrite replaces it")
        }
        if !expectation.digests.isEmpty, expectation.size ?? standing.size == standing.size {
            let fileSystem = run.fileSystem
            let found = try await workers.runWrapping {
                try Self.digests(of: path, Set(expectation.digests.keys).union([.sha256]), fileSystem)
            }
            if expectation.digests.allSatisfy({ found[$0.key] == $0.value }) { return .isRight(found) }
        }
        if mayReplace { return .isReplaced }
        let what =
            expectation.digests.isEmpty
            ? "is there, and no digest is given that tells whether it is the same" : "is there with other bytes"
        return .isInTheWay("\(path) \(what); --overwrite replaces it")
    }

    private static func digests(
        of path: FilePath,
        _ algorithms: Set<DigestAlgorithm>,
        _ fileSystem: any FileSystem
    ) throws -> [DigestAlgorithm: [UInt8]] {
        var result: [DigestAlgorithm: [UInt8]] = [:]
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        // One after the other: mostly there is one, and the second time the file is in memory.
        for algorithm in algorithms {
            var hasher = try Hasher(algorithm)
            let file = try fileSystem.open(path, for: .reading)
            while true {
                let count = try fileSystem.read(into: &buffer, from: file)
                if count == 0 { break }
                buffer.withUnsafeBytes { hasher.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            }
            result[algorithm] = try hasher.finalize()
        }
        return result
    }
}
