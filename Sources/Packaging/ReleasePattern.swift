/// Releases of a project, or of several: `demo<2`, `company-*==1.0.*`.
package struct ReleasePattern: Hashable, Sendable {
    /// The projects.
    package let projects: ProjectPattern
    /// Their versions; those that PEP 440 does not know are reached with `===` only.
    package let versions: VersionSpecifiers

    /// Reads a pattern of projects with specifiers behind it.
    ///
    /// - Parameter text: As in a requirement, without extras, URL and marker; at least one specifier has to be there.
    /// - Throws: ``ReleasePatternError``.
    package init(_ text: String) throws(ReleasePatternError) {
        let name = text.prefix { !"<>=!~ \t(".contains($0) }
        var rest = text[name.endIndex...].drop { $0 == " " || $0 == "\t" }
        while let last = rest.last, last == " " || last == "\t" { rest.removeLast() }
        guard let projects = ProjectPattern(name) else {
            throw ReleasePatternError(description: "'\(name)' is no name of a project and no pattern of names")
        }
        guard !rest.isEmpty else {
            throw ReleasePatternError(description: "'\(text)' names no versions; write it as \"\(name)<2\"")
        }
        do throws(VersionSpecifierError) {
            versions = try VersionSpecifiers.parse(rest)
        } catch {
            throw ReleasePatternError(description: "\(error)")
        }
        self.projects = projects
    }

    /// Whether the pattern means a release, prereleases included.
    package func matches(_ version: SpelledVersion, of project: ProjectName) -> Bool {
        projects.matches(project) && versions.contains(version, prereleases: true)
    }
}

extension ReleasePattern: CustomStringConvertible {
    package var description: String { "\(projects)\(versions)" }
}

/// A text that names no releases.
package struct ReleasePatternError: Error, Equatable, CustomStringConvertible {
    /// What is wrong, and what to write instead.
    package let description: String
}
