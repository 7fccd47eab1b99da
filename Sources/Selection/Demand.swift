package import Packaging
package import Requirements
internal import SimpleIndex

/// What asks for a project, and for which of its files.
package struct Demand: Hashable, Sendable {
    /// Which files are asked for.
    package enum Scope: Hashable, Sendable {
        /// All of them.
        case everything
        /// Those of releases that specifiers take, prereleases included.
        case releases(VersionSpecifiers)
        /// Those that a requirement takes, as far as constraints allow.
        case requirement(StatedRequirement, constraints: [StatedRequirement])
        /// Those that a lock file locks.
        case locked(LockedProject)
        /// Those of releases that a closure found, `nil` for all, within what is stated.
        case kept(KeptReleases?, StatedLimits)
    }

    /// Which files are asked for.
    package let scope: Scope
    /// Who asks.
    package let rule: Rule
    /// What holds for all that it needs; `nil` where nothing does.
    package let constraints: ClosureConstraints?

    /// A demand.
    package init(_ scope: Scope, by rule: Rule, constraints: ClosureConstraints? = nil) {
        self.scope = scope
        self.rule = rule
        self.constraints = constraints
    }

    /// Whether it asks for everything.
    package var asksForAll: Bool { scope == .everything }

    /// Whether it asks for a file.
    func asks(for candidate: Candidate) -> Bool {
        let digests = candidate.hashes
        switch scope {
        case .everything: return true
        case .releases(let specifiers): return specifiers.contains(candidate.version, prereleases: true)
        case .requirement(let stated, let constraints):
            return ([stated] + constraints).allSatisfy {
                $0.requirement.specifiers.contains(candidate.version, prereleases: true) && $0.allows(digests: digests)
            }
        case .locked(let project):
            return project.selects(
                filename: candidate.filename,
                version: candidate.version.spelling,
                digests: digests
            )
        case .kept(let releases, let limits):
            if limits.isKeptAnyhow(candidate) { return true }
            guard releases?.contains(candidate.release, candidate.filename) ?? true else { return false }
            return limits.allow(candidate)
        }
    }

    /// Whether it asks for just these files, or this one release: by a lock file, `==` or a digest.
    var isExact: Bool {
        switch scope {
        case .locked: true
        case .requirement(let stated, let constraints):
            ([stated] + constraints).contains { stated in
                !stated.digests.isEmpty || stated.requirement.specifiers.clauses.contains(where: \.isPin)
            }
        case .kept(_, let limits): limits.demands.contains(where: \.isExact)
        case .everything, .releases: false
        }
    }

    /// Whether it asks for just this file, or this one release.
    func asksExactly(for candidate: Candidate) -> Bool {
        if case .kept(_, let limits) = scope { return limits.demands.contains { $0.asksExactly(for: candidate) } }
        return isExact && asks(for: candidate)
    }

    /// Whether it asks for files of a version, whatever their digests.
    func takes(_ version: SpelledVersion) -> Bool {
        switch scope {
        case .everything, .locked, .kept: true
        case .releases(let specifiers): specifiers.contains(version, prereleases: true)
        case .requirement(let stated, let constraints):
            ([stated] + constraints).allSatisfy { $0.requirement.specifiers.contains(version, prereleases: true) }
        }
    }

    /// Whether it asks for files with certain digests only.
    var namesDigests: Bool {
        guard case .requirement(let stated, let constraints) = scope else { return false }
        return ([stated] + constraints).contains { !$0.digests.isEmpty }
    }

    /// The rule that leaves out what none of these asks for.
    static func rule(of demands: [Demand]) -> Rule {
        if let only = demands.first, demands.allSatisfy({ $0.rule == only.rule }) { return only.rule }
        let keys = Set(demands.map(\.rule.description)).sorted().joined(separator: ", ")
        return Rule(key: keys)
    }

    /// A text that differs for demands that state something else, as what a closure starts from too.
    var statement: String {
        guard let root else { return fingerprint }
        let extras = root.extras.map(\.normalized).sorted().joined(separator: ",")
        return "\(fingerprint) [\(extras)] \(root.marker.map { "\($0)" } ?? "")"
    }

    /// A text that differs for demands that ask for other files.
    package var fingerprint: String {
        switch scope {
        case .everything: "*"
        case .releases(let specifiers): "\(specifiers)"
        case .requirement(let stated, let constraints):
            ([stated] + constraints).map { "\($0.requirement.specifiers) \($0.digests)" }.joined(separator: "; ")
        case .locked(let project):
            project.packages.map { package in
                let files = package.files.map { file in
                    "\(file.filename ?? "") \(file.digests.sorted { $0.key < $1.key }.map { "\($0.key):\($0.value)" })"
                }
                return "\(package.version ?? "") \(files.sorted())"
            }.sorted().joined(separator: "; ")
        case .kept(let releases, let limits):
            ([releases?.fingerprint ?? "*"] + limits.demands.map(\.fingerprint).sorted()).joined(separator: "; ")
        }
    }
}
