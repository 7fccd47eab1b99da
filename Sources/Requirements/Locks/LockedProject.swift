package import Packaging

/// What a lock file holds of one project, ready to be asked which files it means.
package struct LockedProject: Sendable {
    /// The project.
    package let name: ProjectName
    /// The releases, in the order of the lock file; several where it locks one for each of several environments.
    package let packages: [LockedPackage]

    private var filesByName: [String: [LockedFile]] = [:]
    private var lockedDigests: Set<String> = []
    /// The algorithms of files without filename, by release.
    private var algorithmsByVersion: [ReleaseKey: Set<String>] = [:]
    private var wholeVersions: Set<ReleaseKey> = []

    init(name: ProjectName, packages: [LockedPackage]) {
        self.name = name
        self.packages = packages
        for package in packages {
            if package.files.isEmpty, let version = package.version { wholeVersions.insert(ReleaseKey(version)) }
            for file in package.files { add(file, version: package.version) }
        }
    }

    private mutating func add(_ file: LockedFile, version: String?) {
        for (algorithm, hex) in file.digests { lockedDigests.insert("\(algorithm):\(hex)") }
        if let filename = file.filename {
            filesByName[filename, default: []].append(file)
        } else if let version {
            algorithmsByVersion[ReleaseKey(version), default: []].formUnion(file.digests.keys)
        }
    }

    /// Whether the lock file means this file of the project's page.
    ///
    /// - A filename that is locked (`uv.lock`, `pylock.toml`, `pdm.lock`, all but the oldest `poetry.lock`) decides
    ///   alone: the file is meant unless its digests contradict those that are locked for that filename. SHA-256 is
    ///   compared where both sides have it, else every algorithm that both have; where they have none in common,
    ///   nothing contradicts. A filename that is locked with a digest never means a file with another one.
    /// - Any other file is meant when one of its digests is locked: that is how `Pipfile.lock` names files.
    /// - Where files are locked by digests only, and the page tells none by any of these algorithms, the version
    ///   decides.
    /// - A release that is locked without any files or digests means all its files.
    ///
    /// - Parameters:
    ///   - filename: The filename on the page.
    ///   - version: The version as spelled on the page; versions that PEP 440 takes for equal are equal.
    ///   - digests: The digests on the page, by the name of the algorithm, in lower-case hexadecimal.
    /// - Returns: Whether the file is to be kept.
    package func selects(filename: String, version: String, digests: [String: String]) -> Bool {
        if let locked = filesByName[filename] { return locked.contains { $0.agrees(with: digests) } }
        if digests.contains(where: { lockedDigests.contains("\($0.key):\($0.value)") }) { return true }
        if wholeVersions.isEmpty, algorithmsByVersion.isEmpty { return false }
        let key = ReleaseKey(version)
        if wholeVersions.contains(key) { return true }
        return algorithmsByVersion[key].map { $0.isDisjoint(with: digests.keys) } ?? false
    }
}

extension LockedProject: Hashable {
    package static func == (left: Self, right: Self) -> Bool { left.packages == right.packages }

    package func hash(into hasher: inout Hasher) { hasher.combine(packages) }
}
