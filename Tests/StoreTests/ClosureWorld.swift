import Packaging
import Selection
import SimpleIndex

/// A small index in memory, of which a closure is found.
struct ClosureWorld {
    struct Release {
        var version: String
        var requires: [String] = []
        /// The tags of its wheel; `nil` for an sdist.
        var tags: String? = "py3-none-any"
        var python: String?
        var isYanked = false
        /// Why nobody knows what it needs.
        var unknown: String?
    }

    var projects: [String: [Release]] = [:]
    var selection = FileSelection()
    /// What was asked for, in order.
    var questions: [String] = []

    init(_ projects: [String: [Release]] = [:]) {
        self.projects = projects
    }

    static let linux = ["3.12 linux"]

    static func environments(_ texts: [String], extras: Set<ExtraName> = []) throws -> [ClosureEnvironment] {
        try texts.map { text in
            let parts = text.split(separator: " ").map(String.init)
            let target = try TargetEnvironment(python: parts[0], platform: parts[1], extras: extras)
            return ClosureEnvironment(target, label: "python \(parts[0]) on \(parts[1])")
        }
    }

    func files(_ name: String) -> [PageFile] {
        (projects[name] ?? []).map { release in
            let stem = "\(name.map { $0 == "-" ? "_" : $0 }.map(String.init).joined())-\(release.version)"
            let filename = release.tags.map { "\(stem)-\($0).whl" } ?? "\(stem).tar.gz"
            return PageFile(
                filename: filename,
                url: "https://index.example/\(filename)",
                requiresPython: release.python,
                yanked: release.isYanked ? Yank() : nil
            )
        }
    }

    /// Finds a closure, answering every question.
    mutating func closure(
        _ mode: ClosureMode,
        of roots: [String],
        in texts: [String] = linux,
        extras: Set<ExtraName> = [],
        areNamed: Bool = true
    ) throws -> ClosureResult {
        let environments = try Self.environments(texts, extras: extras)
        var solver = ClosureSolver(mode, for: environments)
        for root in roots {
            let requirement = try Requirement.parse(root)
            solver.addRoot(
                requirement.name,
                requirement.specifiers,
                extras: requirement.extras,
                marker: requirement.marker,
                isNamed: areNamed
            )
        }
        return try answer(&solver)
    }

    /// Answers every question of a solver.
    mutating func answer(_ solver: inout ClosureSolver) throws -> ClosureResult {
        let environments = solver.environments
        while true {
            let asked = solver.questions()
            if asked.isEmpty { return solver.finish() }
            for name in asked.projects {
                questions.append(name.normalized)
                guard projects[name.normalized] != nil else {
                    solver.takeMissing(name, "upstream has no such project")
                    continue
                }
                let files = files(name.normalized)
                let decisions = selection.decide(files, of: name, now: 0)
                solver.take(FileSelection.releases(files, decisions, of: name, for: environments), of: name)
            }
            for (name, versions) in asked.releases {
                for version in versions {
                    questions.append("\(name) \(version)")
                    let release = projects[name.normalized]?.first { $0.version == version }
                    solver.take(
                        ReleaseRequirements(requires: release?.requires ?? [], unknown: release?.unknown),
                        of: version,
                        name
                    )
                }
            }
        }
    }
}

extension ClosureResult {
    /// What is kept, as `demo 1.0`, in order.
    var kept: [String] {
        projects.flatMap { project in project.releases.map { "\(project.name) \($0.version)" } }.sorted()
    }
}
