internal import Packaging

/// Reads `pylock.toml` (PEP 751): packages with an sdist and wheels, or with a source of another kind.
enum PyLock {
    static func read(_ root: LockTable, into collector: inout LockCollector) throws(LockFileError) {
        try root.requireVersion("lock-version", .pylock, majors: ["1"])
        for package in try root.tables("packages") {
            let (spelled, project) = try package.projectName()
            let version = try package.string("version")
            let index = try package.string("index")
            let tables = try [package.table("sdist")].compactMap { $0 } + package.tables("wheels")
            if let reason = try skipReason(package, files: tables, index: index) {
                collector.skip(spelled, version, reason, line: package.line)
                continue
            }
            var files: [LockedFile] = []
            for table in tables { files.append(try file(table)) }
            collector.add(
                LockedPackage(project: project, version: version, index: index, files: files, line: package.line)
            )
        }
    }

    private static func file(_ table: LockTable) throws(LockFileError) -> LockedFile {
        let url = try table.string("url")
        let path = try table.string("path")
        let name = try table.string("name")
        guard url != nil || path != nil || name != nil else {
            throw table.unexpected("url", expected: "there, or 'path'", found: "absent")
        }
        guard let hashes = try table.table("hashes") else {
            throw table.unexpected("hashes", expected: "a table of digests", found: "absent")
        }
        var digests: [String: String] = [:]
        for key in hashes.keys {
            let hex = try hashes.requiredString(key)
            guard let digest = FileDigest(algorithm: key, hex: hex) else {
                throw hashes.unexpected(key, expected: "a digest in hexadecimal", found: "'\(hex)'")
            }
            digests[digest.algorithm] = digest.hex
        }
        return try table.file(name ?? (url ?? path).flatMap(SourceText.filename), digests: digests, url: url)
    }

    private static func skipReason(
        _ package: LockTable,
        files: [LockTable],
        index: String?
    ) throws(LockFileError) -> SkippedPackage.Reason? {
        if let vcs = try package.table("vcs") {
            let url = try vcs.string("url")
            let path = try vcs.string("path")
            return .repository(SourceText.shown(url ?? path ?? ""))
        }
        if let directory = try package.table("directory") {
            let path = SourceText.shown(try directory.requiredString("path"))
            return try directory.flag("editable") == true ? .ownProject(path) : .path(path)
        }
        if let archive = try package.table("archive") {
            if let url = try archive.string("url") { return .url(SourceText.shown(url)) }
            return .path(SourceText.shown(try archive.requiredString("path")))
        }
        // Files that are only known beside the lock file are on no index.
        guard index == nil, !files.isEmpty else { return nil }
        var paths: [String] = []
        for file in files {
            let url = try file.string("url")
            guard let path = try file.string("path") ?? url, url?.hasPrefix("file:") ?? true else { return nil }
            paths.append(path)
        }
        return paths.first.map { .path(SourceText.shown($0)) }
    }
}
