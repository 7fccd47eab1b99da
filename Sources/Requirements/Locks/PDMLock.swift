internal import Packaging

/// Reads `pdm.lock`: packages with their files by name or URL, which older versions keep in one table.
enum PDMLock {
    static func read(_ root: LockTable, into collector: inout LockCollector) throws(LockFileError) {
        guard let metadata = try root.table("metadata") else {
            throw root.text.error(.missing(key: "metadata"), line: nil)
        }
        try metadata.requireVersion("lock_version", .pdm, majors: ["2", "3", "4"])
        let listed = try Self.listedFiles(metadata)
        for package in try root.tables("package") {
            let (spelled, project) = try package.projectName()
            let version = try package.string("version")
            if let reason = try skipReason(package) {
                collector.skip(spelled, version, reason, line: package.line)
                continue
            }
            let files =
                package.has("files")
                ? try Self.files(package.tables("files"))
                : version.flatMap { listed[Release(project: project, version: ReleaseKey($0))] } ?? []
            collector.add(
                LockedPackage(project: project, version: version, index: nil, files: files, line: package.line)
            )
        }
    }

    private struct Release: Hashable {
        let project: ProjectName
        let version: ReleaseKey
    }

    /// The files by release, as they stand below `metadata.files` in older versions, under `name version`.
    private static func listedFiles(_ metadata: LockTable) throws(LockFileError) -> [Release: [LockedFile]] {
        guard let tables = try metadata.table("files") else { return [:] }
        var listed: [Release: [LockedFile]] = [:]
        for key in tables.keys {
            let words = key.split(separator: " ", maxSplits: 1)
            guard words.count == 2, let name = ProjectName(words[0]) else { continue }
            let release = Release(project: name, version: ReleaseKey(String(words[1])))
            listed[release, default: []] += try files(tables.tables(key))
        }
        return listed
    }

    private static func files(_ tables: [LockTable]) throws(LockFileError) -> [LockedFile] {
        var files: [LockedFile] = []
        for table in tables {
            let url = try table.string("url")
            let filename = try table.string("file") ?? url.flatMap(SourceText.filename)
            let digests = try table.digests("hash")
            guard filename != nil || !digests.isEmpty else {
                throw table.unexpected("file", expected: "there, or 'url'", found: "absent")
            }
            files.append(try table.file(filename, digests: digests, url: url))
        }
        return files
    }

    private static func skipReason(_ package: LockTable) throws(LockFileError) -> SkippedPackage.Reason? {
        for key in ["git", "hg", "svn", "bzr"] {
            if let source = try package.string(key) { return .repository(SourceText.shown(source)) }
        }
        if let path = try package.string("path") {
            let isEditable = try package.flag("editable") ?? false
            return isEditable ? .ownProject(SourceText.shown(path)) : .path(SourceText.shown(path))
        }
        return try package.string("url").map { .url(SourceText.shown($0)) }
    }
}
