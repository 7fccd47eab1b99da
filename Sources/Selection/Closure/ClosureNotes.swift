internal import Packaging

/// What a closure found that somebody may want to know of, each thing once.
struct ClosureNotes: Sendable {
    enum Kind: Hashable, Sendable {
        /// The requirements of a release cannot be known.
        case unknown(String)
        /// One requirement of a release cannot be followed.
        case requirement(String, String)
    }

    /// The first releases of which the same is to be told, and how many there are.
    private struct Entry {
        let project: ProjectName
        let version: String
        let reason: String
        var count = 1
    }

    private var unknown: [ProjectName: Entry] = [:]
    private var requirements: [String: Entry] = [:]
    private var conflicts: [String] = []
    /// Projects that are asked for and cannot be installed somewhere.
    private(set) var unmet: [ClosureResult.Unmet] = []

    mutating func add(_ kind: Kind, of project: ProjectName, _ version: String) {
        switch kind {
        case .unknown(let reason):
            if unknown[project] == nil {
                unknown[project] = Entry(project: project, version: version, reason: reason)
            } else {
                unknown[project]?.count += 1
            }
        case .requirement(let text, let reason):
            let key = "\(project) \(text)"
            if requirements[key] == nil {
                let quoted = "'\(text.printable)' \(reason)"
                requirements[key] = Entry(project: project, version: version, reason: quoted)
            } else {
                requirements[key]?.count += 1
            }
        }
    }

    /// Notes that several projects cannot be installed together in an environment, which nobody asked for.
    mutating func add(conflict reason: String, _ count: Int, in environment: String) {
        conflicts.append("in \(environment), what is selected (\(count) projects): \(reason)")
    }

    /// Notes that a project cannot be installed in an environment.
    ///
    /// - Parameters:
    ///   - reason: Why.
    ///   - project: The project.
    ///   - environment: What the environment is called.
    ///   - isTold: Whether that is what somebody wants, or told elsewhere.
    mutating func add(conflict reason: String, of project: ProjectName, in environment: String, isTold: Bool) {
        if isTold {
            conflicts.append("in \(environment), \(project): \(reason)")
        } else {
            unmet.append(.init(project: project, reason: "in \(environment): \(reason)", isAskedFor: true))
        }
    }

    /// All of it, a line each.
    var lines: [String] {
        let unknown = unknown.values.sorted { $0.project < $1.project }.map { entry in
            let others = entry.count > 1 ? " and of \(entry.count - 1) other releases" : ""
            return "what \(entry.project) \(entry.version) needs\(others) cannot be known: \(entry.reason)"
        }
        let requirements = requirements.sorted { $0.key < $1.key }.map { _, entry in
            let others = entry.count > 1 ? " and \(entry.count - 1) other releases" : ""
            return "a requirement of \(entry.project) \(entry.version)\(others) is not followed: \(entry.reason)"
        }
        return unknown + requirements + conflicts
    }
}
