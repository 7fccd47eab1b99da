internal import Digest
internal import Packaging
internal import Selection

/// What a mirror keeps: the projects, and their files.
struct MirrorSelection: Sendable {
    /// The projects.
    let projects: ProjectSelection
    /// The files of each.
    let files: FileSelection
    /// All patterns that are stated, each by itself; none where a closure was added.
    let patterns: StatedPatterns
    /// What is worth knowing of how it is stated, such as lines of lock files that no index has files for.
    let notes: [String]
    /// A number that differs when `files` differs, blocked releases aside.
    private let commonMark: UInt64
    /// What blocked releases add to the marks of the projects that they concern.
    private let blockMarks: [(projects: ProjectPattern, mark: UInt64)]
    private let blockMarksByName: [ProjectName: UInt64]
    /// The same for projects of which only single files are asked for.
    private let marks: [ProjectName: UInt64]
    /// A text that differs when other files and projects are blocked, or asked for by name and blocked.
    let policyMark: String

    /// A selection.
    ///
    /// - Parameters:
    ///   - projects: The projects.
    ///   - demanded: Those of which perhaps only single files are asked for.
    ///   - files: The files of each.
    ///   - patterns: All patterns that are stated, each by itself.
    ///   - notes: What is worth knowing of how it is stated.
    /// - Throws: `DigestError` when OpenSSL cannot provide SHA-256.
    init(
        _ projects: ProjectSelection,
        demanded: some Sequence<ProjectName>,
        files: FileSelection,
        patterns: StatedPatterns = StatedPatterns(),
        notes: [String] = []
    ) throws(DigestError) {
        self.projects = projects
        self.files = files
        self.patterns = patterns
        self.notes = notes
        let common = files.fingerprint
        commonMark = try Self.mark(common)
        var marks: [ProjectName: UInt64] = [:]
        for name in demanded {
            let demands = projects.demands(of: name)
            guard !demands.isEmpty else { continue }
            marks[name] = try Self.mark(common + "\n\n" + demands.map(\.fingerprint).sorted().joined(separator: "\n"))
        }
        self.marks = marks
        var (byName, others): ([ProjectName: UInt64], [(projects: ProjectPattern, mark: UInt64)]) = ([:], [])
        for pattern in files.blocks.releases {
            let mark = try Self.mark("blocked: \(pattern)")
            if let name = pattern.projects.name {
                byName[name, default: 0] &+= mark
            } else {
                others.append((pattern.projects, mark))
            }
        }
        (blockMarksByName, blockMarks) = (byName, others)
        let blocked = projects.blocked.patterns.map(\.projects.normalized).sorted().joined(separator: " ")
        let names = projects.blockedNames.map(\.normalized).sorted().joined(separator: " ")
        policyMark = try SHA256Digest.hash((blocked + "\n" + names + "\n" + files.blocksFingerprint).utf8).hex
    }

    /// A number that differs when the files of a project are decided on differently.
    func mark(of name: ProjectName) -> UInt64 {
        let mark = (marks[name] ?? commonMark) &+ (blockMarksByName[name] ?? 0)
        return blockMarks.reduce(mark) { $1.projects.matches(name) ? $0 &+ $1.mark : $0 }
    }

    private static func mark(_ text: String) throws(DigestError) -> UInt64 {
        try SHA256Digest.hash(text.utf8).prefix
    }
}
