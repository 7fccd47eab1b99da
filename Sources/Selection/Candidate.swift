internal import Packaging
internal import SimpleIndex

/// A file on a page, with what its name says.
struct Candidate {
    let file: PageFile
    let project: ProjectName
    /// What the name says; `nil` where it cannot be read.
    let name: DistributionFilename?
    /// The version, empty where the name has none.
    let version: SpelledVersion
    /// The release that the file belongs to.
    let release: ReleaseKey

    init(_ file: PageFile, of project: ProjectName, memory: inout DecisionMemory) {
        self.file = file
        self.project = project
        name = try? DistributionFilename.parse(file.filename, project: project)
        version = memory.version(name?.version ?? "")
        release = ReleaseKey(version)
    }

    /// When the file was uploaded, in seconds since 1970; `nil` where the index does not say.
    var uploadTime: Int64? { file.uploadTime.flatMap { UploadTime.seconds($0) } }
}

/// What was found out for one file of a page and holds for others too.
struct DecisionMemory {
    private var versions: [String: SpelledVersion] = [:]
    private var platforms: [Rule: [String: Bool]] = [:]
    private var requirements: [String: PythonVersions] = [:]

    /// A version by its spelling.
    mutating func version(_ spelling: String) -> SpelledVersion {
        if let known = versions[spelling] { return known }
        let version = SpelledVersion(spelling)
        versions[spelling] = version
        return version
    }

    /// Whether one of the patterns of a rule matches a platform.
    mutating func matches(_ platform: String, _ patterns: [PlatformPattern], of rule: Rule) -> Bool {
        if let known = platforms[rule]?[platform] { return known }
        let isMatch = patterns.contains { $0.matches(platform) }
        platforms[rule, default: [:]][platform] = isMatch
        return isMatch
    }

    /// The versions of Python that a file can be used with.
    mutating func versions(for candidate: Candidate) -> PythonVersions {
        var versions = PythonVersions.all
        if case .wheel(let tags) = candidate.name?.kind { versions = PythonVersions(tags) }
        if let text = candidate.file.requiresPython { versions.formIntersection(required(text)) }
        return versions
    }

    private mutating func required(_ text: String) -> PythonVersions {
        if let known = requirements[text] { return known }
        // What cannot be read asks for nothing, as installers take it.
        let versions = (try? VersionSpecifiers.parse(text)).map { PythonVersions($0) } ?? .all
        requirements[text] = versions
        return versions
    }
}
