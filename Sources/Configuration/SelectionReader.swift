internal import Packaging
internal import RegularExpression
internal import SystemPackage

extension Configuration.Selection {
    /// Reads `[select]` and `[select.exclude]`.
    static func read(_ source: TOMLSource, _ folder: FilePath, _ problems: inout [ConfigurationProblem]) -> Self {
        var table = TableReader(source, ["select"])
        var selection = Self()
        selection.projects = table.projectPatterns("projects")
        selection.requirements = table.statedFiles("requirements", in: folder)
        selection.lockFiles = table.statedFiles("lock-files", in: folder)
        let latest = table.integer("latest", in: 1...Int.max)
        selection.latest = table.stated(latest, "latest")
        selection.latestCountsPrereleases = table.flag("latest-prereleases") ?? false
        if table.has("latest-prereleases"), !table.has("latest") {
            table.note("'latest-prereleases' says how 'latest' counts, which is not set", "latest-prereleases")
        }
        let prereleases = table.flag("prereleases")
        selection.prereleases = table.stated(prereleases, "prereleases")
        let yanked = table.flag("yanked")
        selection.yanked = table.stated(yanked, "yanked")
        let fileSize = table.byteCount("max-file-size")
        selection.maximumFileSize = table.stated(fileSize, "max-file-size")
        let projectSize = table.byteCount("max-project-size")
        selection.maximumProjectSize = table.stated(projectSize, "max-project-size")
        if let files = table.files("files") { selection.files = files }
        selection.metadataOnly = table.projectPatterns("metadata-only")
        selection.uploadedAfter = table.moment("uploaded-after")
        selection.uploadedBefore = table.moment("uploaded-before")
        if let after = selection.uploadedAfter, let before = selection.uploadedBefore, after.value >= before.value {
            table.note("'uploaded-after' is not before 'uploaded-before', so that no file is kept", "uploaded-after")
        }
        selection.environments = table.environments("environments")
        selection.closure = table.closure("closure", environments: "environments")
        selection.exclusions = .read(source, hasEnvironments: table.has("environments"), &problems)
        if table.has("environments"), !table.has("closure"), selection.exclusions.otherEnvironments?.value != true {
            table.note(
                "'environments' say for whom dependencies are followed, but 'closure' is not set, nor other-environments",
                "environments"
            )
        }
        problems += table.problems
        return selection
    }
}

extension Configuration.Exclusions {
    /// Reads `[select.exclude]`.
    fileprivate static func read(
        _ source: TOMLSource,
        hasEnvironments: Bool,
        _ problems: inout [ConfigurationProblem]
    ) -> Self {
        var table = TableReader(source, ["select", "exclude"])
        defer { problems += table.problems }
        var exclusions = Self()
        exclusions.projects = table.projectPatterns("projects")
        exclusions.releases = table.releasePatterns("releases")
        let kinds = table.elements("kinds", of: "kinds in quotes, as [\"egg\", \"wininst\"]") {
            text throws(ElementError) in
            guard let kind = DistributionFilename.KindName(rawValue: text) else {
                let words = DistributionFilename.KindName.allCases.map(\.rawValue)
                let near = Configuration.suggested(for: text, among: words)
                throw ElementError(description: "'\(text)' is no kind of distribution; \(near)")
            }
            return kind
        }
        exclusions.kinds = kinds.isEmpty ? nil : table.stated(Set(kinds.map(\.value)), "kinds")
        let platforms = table.elements("platforms", of: "platforms in quotes, as [\"windows\", \"macosx_*\"]") {
            text throws(PlatformPatternError) in try PlatformPattern.parse(text)
        }
        exclusions.platforms = platforms.isEmpty ? nil : table.stated(platforms.map(\.value), "platforms")
        let pythons = table.elements("pythons", of: "versions in quotes, as [\"2\", \"<3.9\"]") {
            text throws(PythonVersionsError) in try PythonVersions(text)
        }
        exclusions.pythons = pythons.isEmpty ? nil : table.stated(pythons.map(\.value), "pythons")
        let others = table.flag("other-environments")
        exclusions.otherEnvironments = table.stated(others, "other-environments")
        if others == true, !hasEnvironments {
            table.note("'other-environments' needs [select] environments: others than which", "other-environments")
        }
        exclusions.files = table.elements("files", of: "regular expressions in quotes") {
            text throws(ElementError) in
            do throws(RegularExpressionError) {
                return try RegularExpression(text)
            } catch {
                throw ElementError(description: "'\(text)' is no regular expression: \(error)")
            }
        }
        return exclusions
    }
}

extension Configuration.Policy {
    /// Reads `[policy]` and `[policy.blocked]`.
    static func read(_ source: TOMLSource, _ problems: inout [ConfigurationProblem]) -> Self {
        var table = TableReader(source, ["policy"])
        var policy = Self()
        let age = table.duration("minimum-age", in: .zero...Duration.seconds(10 * 365 * 86_400))
        policy.minimumAge = table.stated(age, "minimum-age")
        policy.minimumAgeExceptions = table.projectPatterns("minimum-age-exceptions")
        if !policy.minimumAgeExceptions.isEmpty, !table.has("minimum-age") {
            table.note("'minimum-age-exceptions' are from 'minimum-age', which is not set", "minimum-age-exceptions")
        }
        problems += table.problems
        table = TableReader(source, ["policy", "blocked"])
        policy.blockedProjects = table.projectPatterns("projects")
        if let all = policy.blockedProjects.first(where: { $0.value.isAll }) {
            table.note(
                "'projects' blocks every project; name those to block",
                "projects",
                element: all.value.normalized
            )
        }
        policy.blockedReleases = table.releasePatterns("releases")
        policy.blockedDigests = table.elements("digests", of: "digests in quotes, as [\"sha256:…\"]") {
            text throws(ElementError) in
            guard let digest = Block.digest(in: text) else {
                throw ElementError(description: "'\(text)' is no SHA-256; write 64 hexadecimal digits after sha256:")
            }
            return digest
        }
        problems += table.problems
        return policy
    }
}

extension Configuration {
    /// What to write instead of a word that is not known.
    static func suggested(for word: String, among words: [String]) -> String {
        suggestion(for: word, among: words).map { "did you mean '\($0)'?" }
            ?? "write one of \(words.joined(separator: ", "))"
    }
}
