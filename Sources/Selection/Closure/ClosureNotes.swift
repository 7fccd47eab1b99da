internal import Packaging

/// What a closure found that somebody may want to know of, each thing once.
struct ClosureNotes: Sendable {
    enum Kind: Hashable, Sendable {
        /// The requirements of a release cannot be known.
        case unknown(String)
        /// One requirement of a release cannot be followed.
        case requirement(String, String)
        /// No set of releases can be installed.
        case conflict(String)
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
        case .conflict(let reason): conflicts.append("\(project): \(reason)")
        }
    }

    mutating func add(_ kind: Kind, _ roots: [Int32], _ environment: Int, _ solver: ClosureSolver) {
        guard case .conflict(let reason) = kind else { return }
        let label = solver.environments[environment].label
        let who =
            roots.count == 1
            ? "\(solver.projects[Int(roots[0])].name)" : "what is selected (\(roots.count) projects)"
        conflicts.append("in \(label), \(who): \(reason)")
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
