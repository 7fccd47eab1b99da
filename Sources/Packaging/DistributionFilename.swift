/// What the name of a distribution file says, for a project that is known.
package struct DistributionFilename: Hashable, Sendable {
    /// The kind of a distribution; those but wheels and sdists are retired (PEP 527, PEP 715), yet still listed.
    package enum Kind: Hashable, Sendable {
        case wheel(WheelTags)
        /// A source distribution; the suffix is that of the archive, such as `.tar.gz`.
        case sdist(suffix: String)
        case egg
        /// An installer for Windows, `.exe`.
        case wininst
        case msi
        case rpm
        case deb
        case dmg
        /// A `bdist_dumb`: built files in an archive, such as `.linux-x86_64.tar.gz`.
        case dumb
        /// Another suffix behind the project's name and a version.
        case other(suffix: String)
    }

    /// The filename that was read.
    package let filename: String
    /// The version as the filename spells it, which may be none of PEP 440 except in wheels.
    package let version: String
    /// The kind, with what only that kind has.
    package let kind: Kind

    /// Reads a filename found on the page of a project.
    ///
    /// Wheels as in the binary distribution format (PEP 427, with upper case and dots in names as older tools wrote);
    /// of sdists, whose hyphens are ambiguous, the name is the longest piece before a hyphen that normalizes to the
    /// project. Suffixes are compared without regard to case.
    ///
    /// - Throws: ``DistributionFilenameError/foreign(filename:project:owner:)`` for a wheel or sdist of another project,
    ///   ``DistributionFilenameError/unreadable(filename:reason:)`` for what has no name and version to be read.
    package static func parse(
        _ filename: String,
        project: ProjectName
    ) throws(DistributionFilenameError) -> DistributionFilename {
        let suffix = Suffix(of: filename)
        let stem = filename[..<filename.utf8.index(filename.endIndex, offsetBy: -suffix.text.utf8.count)]
        if suffix.isWheel { return try wheel(filename, stem: stem, project: project) }
        guard let rest = remainder(of: stem, after: project) else {
            if suffix.isArchive, let owner = owner(of: stem) {
                throw .foreign(filename: filename, project: project, owner: owner)
            }
            throw .unreadable(filename: filename, reason: "has no name and version before its suffix")
        }
        let (version, kind) = suffix.kind(rest: rest)
        guard !version.isEmpty else { throw .unreadable(filename: filename, reason: "has no version after its name") }
        return DistributionFilename(filename: filename, version: String(version), kind: kind)
    }

    /// Whether a filename ends as distributions of any kind do, whatever stands before.
    package static func hasDistributionSuffix(_ filename: String) -> Bool {
        let suffix = Suffix(of: filename)
        if suffix.isWheel || suffix.isArchive { return true }
        return switch suffix.kind(rest: "").kind {
        case .other: false
        default: true
        }
    }

    private static func wheel(
        _ filename: String,
        stem: Substring,
        project: ProjectName
    ) throws(DistributionFilenameError) -> DistributionFilename {
        let pieces = stem.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false).map(Substring.init)
        guard pieces.count == 5 || pieces.count == 6 else {
            throw .unreadable(
                filename: filename,
                reason: "a wheel's name has 4 or 5 hyphens, this has \(pieces.count - 1)"
            )
        }
        guard let owner = ProjectName(pieces[0]), !containsDoubledUnderscore(pieces[0]) else {
            throw .unreadable(filename: filename, reason: "'\(pieces[0])' is no name of a project")
        }
        guard owner == project else { throw .foreign(filename: filename, project: project, owner: owner) }
        guard Version(pieces[1]) != nil else {
            throw .unreadable(filename: filename, reason: "'\(pieces[1])' is no version of PEP 440")
        }
        var build: String?
        if pieces.count == 6 {
            guard let digit = pieces[2].utf8.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else {
                throw .unreadable(filename: filename, reason: "the build tag '\(pieces[2])' starts with no digit")
            }
            build = String(pieces[2])
        }
        guard let tags = WheelTags(build: build, pieces: pieces.suffix(3)) else {
            throw .unreadable(filename: filename, reason: "one of its tags is empty")
        }
        return DistributionFilename(filename: filename, version: String(pieces[1]), kind: .wheel(tags))
    }

    private static func containsDoubledUnderscore(_ name: Substring) -> Bool {
        let underscore = UInt8(ascii: "_")
        return zip(name.utf8, name.utf8.dropFirst()).contains { $0 == underscore && $1 == underscore }
    }

    /// What follows the longest piece before a hyphen that normalizes to the project, the hyphen left out.
    private static func remainder(of stem: Substring, after project: ProjectName) -> Substring? {
        for index in stem.utf8.indices.reversed() where stem.utf8[index] == UInt8(ascii: "-") {
            if ProjectName(stem[..<index]) == project { return stem[stem.utf8.index(after: index)...] }
        }
        return nil
    }

    /// The project of an archive that reads as a name and a version of PEP 440, or as a name and what starts with a
    /// digit.
    private static func owner(of stem: Substring) -> ProjectName? {
        let hyphens = stem.utf8.indices.filter { stem.utf8[$0] == UInt8(ascii: "-") }
        let splits = hyphens.compactMap { index in
            ProjectName(stem[..<index]).map { (name: $0, rest: stem[stem.utf8.index(after: index)...]) }
        }
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        return splits.first { Version($0.rest) != nil }?.name
            ?? splits.first { $0.rest.utf8.first.map(digits.contains) ?? false }?.name
    }
}
