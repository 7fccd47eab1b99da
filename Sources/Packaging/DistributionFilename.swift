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
        var names = DistributionFilenameReader(of: project)
        let reading = try names.read(filename)
        return DistributionFilename(
            filename: filename,
            version: names.versions[reading.version].spelling,
            kind: names.kinds[reading.kind]
        )
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
}
