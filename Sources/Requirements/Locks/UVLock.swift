internal import Packaging

/// Reads `uv.lock`: packages with the kind of their source, and their files by URL.
enum UVLock {
    static func read(_ root: LockTable, into collector: inout LockCollector) throws(LockFileError) {
        try root.requireVersion("version", .uv, majors: ["1"])
        // Before it was called 1 for good, the format had other keys under the same number.
        guard !root.has("distribution") else {
            throw root.text.error(.unknownVersion(.uv, found: "1 of before its release"), line: nil)
        }
        for package in try root.tables("package") {
            let (spelled, project) = try package.projectName()
            let version = try package.string("version")
            guard let source = try package.table("source") else {
                throw package.text.error(.missing(key: "package.source"), line: package.line)
            }
            if let reason = try skipReason(source) {
                collector.skip(spelled, version, reason, line: package.line)
                continue
            }
            var files: [LockedFile] = []
            let tables = try [package.table("sdist")].compactMap { $0 } + package.tables("wheels")
            for table in tables {
                let url = try table.string("url")
                let path = try table.string("path")
                let filename = try table.string("filename")
                let digests = try table.digests("hash")
                // Of an sdist of which only the metadata was needed, nothing is told.
                let name = filename ?? (url ?? path).flatMap(SourceText.filename)
                guard name != nil || !digests.isEmpty else { continue }
                files.append(try table.file(name, digests: digests, url: url))
            }
            collector.add(
                LockedPackage(
                    project: project,
                    version: version,
                    index: try source.string("registry"),
                    files: files,
                    line: package.line
                )
            )
        }
    }

    private static func skipReason(_ source: LockTable) throws(LockFileError) -> SkippedPackage.Reason? {
        if let registry = try source.string("registry") {
            let isIndex = registry.hasPrefix("https://") || registry.hasPrefix("http://")
            return isIndex ? nil : .folder(SourceText.shown(registry))
        }
        if let git = try source.string("git") { return .repository(SourceText.shown(git)) }
        if let url = try source.string("url") { return .url(SourceText.shown(url)) }
        for key in ["virtual", "editable", "directory"] {
            guard let path = try source.string(key) else { continue }
            return key == "directory" ? .path(SourceText.shown(path)) : .ownProject(SourceText.shown(path))
        }
        if let path = try source.string("path") { return .path(SourceText.shown(path)) }
        return .unknownSource(SourceText.shown(source.keys.sorted().joined(separator: ", ")))
    }
}
