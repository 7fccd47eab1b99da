internal import Packaging

/// Reads `poetry.lock`: packages with their files, or in version 1 the files of all packages in one table.
enum PoetryLock {
    static func read(_ root: LockTable, into collector: inout LockCollector) throws(LockFileError) {
        guard let metadata = try root.table("metadata") else {
            throw root.text.error(.missing(key: "metadata"), line: nil)
        }
        if metadata.has("lock-version") || !metadata.has("hashes") {
            try metadata.requireVersion("lock-version", .poetry, majors: ["1", "2"])
        }
        let listed = try Self.listedFiles(metadata)
        for package in try root.tables("package") {
            let (spelled, project) = try package.projectName()
            let version = try package.requiredString("version")
            let source = try package.table("source")
            if let source, let reason = try skipReason(source) {
                collector.skip(spelled, version, reason, line: package.line)
                continue
            }
            let files =
                package.has("files") ? try Self.files(package.tables("files")) : listed[project] ?? []
            collector.add(
                LockedPackage(
                    project: project,
                    version: version,
                    index: try source?.string("url"),
                    files: files,
                    line: package.line
                )
            )
        }
    }

    private static func files(_ tables: [LockTable]) throws(LockFileError) -> [LockedFile] {
        var files: [LockedFile] = []
        for table in tables {
            files.append(
                try table.file(table.requiredString("file"), digests: table.digests("hash"), url: table.string("url"))
            )
        }
        return files
    }

    /// The files by project, as they stand below `metadata` in version 1: with filenames in `files`, and in the oldest
    /// only their digests in `hashes`.
    private static func listedFiles(_ metadata: LockTable) throws(LockFileError) -> [ProjectName: [LockedFile]] {
        var listed: [ProjectName: [LockedFile]] = [:]
        if let tables = try metadata.table("files") {
            for key in tables.keys {
                guard let name = ProjectName(key) else { continue }
                listed[name, default: []] += try files(tables.tables(key))
            }
        }
        if let hashes = try metadata.table("hashes") {
            for key in hashes.keys {
                guard let name = ProjectName(key) else { continue }
                for (hex, line) in try hashes.strings(key) {
                    guard let digest = FileDigest(algorithm: hex.utf8.count == 32 ? "md5" : "sha256", hex: hex) else {
                        throw hashes.unexpected(
                            key,
                            expected: "digests in hexadecimal",
                            found: "'\(hex)'",
                            line: line
                        )
                    }
                    listed[name, default: []].append(
                        LockedFile(
                            filename: nil,
                            digests: [digest.algorithm: digest.hex],
                            size: nil,
                            url: nil,
                            line: line
                        )
                    )
                }
            }
        }
        return listed
    }

    private static func skipReason(_ source: LockTable) throws(LockFileError) -> SkippedPackage.Reason? {
        let type = try source.string("type") ?? "legacy"
        let url = SourceText.shown(try source.string("url") ?? "")
        return switch type {
        case "legacy", "pypi": nil
        case "git", "hg", "svn", "bzr": .repository(url)
        case "url": .url(url)
        case "file", "directory": .path(url)
        default: .unknownSource(SourceText.shown(type))
        }
    }
}
