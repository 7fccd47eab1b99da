internal import Packaging

/// Gathers the packages of one lock file, and joins those that are locked more than once.
struct LockCollector {
    private struct Key: Hashable {
        let project: ProjectName
        let version: ReleaseKey?
        let index: String?
    }

    /// The lock file.
    let text: LockFileText
    private var packages: [LockedPackage] = []
    private var skipped: [SkippedPackage] = []
    private var places: [Key: Int] = [:]

    init(_ text: LockFileText) {
        self.text = text
    }

    /// Takes a package of an index.
    mutating func add(_ package: LockedPackage) {
        guard package.version != nil || !package.files.isEmpty else {
            return skip(package.project.normalized, nil, .nothingLocked, line: package.line)
        }
        let key = Key(project: package.project, version: package.version.map { ReleaseKey($0) }, index: package.index)
        guard let place = places[key] else {
            places[key] = packages.count
            return packages.append(package.with(files: Self.each(package.files)))
        }
        // A package without files means all of its version, and goes on to do so.
        let earlier = packages[place]
        let isWhole = earlier.files.isEmpty || package.files.isEmpty
        packages[place] = earlier.with(files: isWhole ? [] : Self.each(earlier.files + package.files))
    }

    /// Notes a package that comes from elsewhere.
    mutating func skip(_ name: String, _ version: String?, _ reason: SkippedPackage.Reason, line: Int?) {
        skipped.append(
            SkippedPackage(name: name.printable, version: version?.printable, reason: reason, line: line)
        )
    }

    /// All that was gathered.
    func finished(as kind: LockFileKind) -> LockedFiles {
        LockedFiles(file: text.file, kind: kind, packages: packages, skipped: skipped)
    }

    /// The files that differ in more than where they stand or where they were found.
    private static func each(_ files: [LockedFile]) -> [LockedFile] {
        var seen: Set<LockedFile> = []
        return files.filter { file in
            seen.insert(
                LockedFile(filename: file.filename, digests: file.digests, size: nil, url: nil, line: nil)
            ).inserted
        }
    }
}

extension LockedPackage {
    fileprivate func with(files: [LockedFile]) -> LockedPackage {
        LockedPackage(project: project, version: version, index: index, files: files, line: line)
    }
}
