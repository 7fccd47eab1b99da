package import Digest
package import Packaging
internal import SimpleIndex

/// What asks for a project, and for which of its files.
package struct Demand: Hashable, Sendable {
    /// Which files are asked for.
    package enum Scope: Hashable, Sendable {
        /// All of them.
        case everything
        /// Those of releases that specifiers take, prereleases included.
        case releases(VersionSpecifiers)
        /// Those with one of these SHA-256.
        case digests(Set<SHA256Digest>)
        /// Those with one of these names, where nothing is known of their digests.
        case filenames(Set<String>)
    }

    /// Which files are asked for.
    package let scope: Scope
    /// Who asks.
    package let rule: Rule

    /// A demand.
    package init(_ scope: Scope, by rule: Rule) {
        self.scope = scope
        self.rule = rule
    }

    /// Whether it asks for everything.
    package var asksForAll: Bool { scope == .everything }

    /// Whether it asks for a file.
    func asks(for candidate: Candidate) -> Bool {
        switch scope {
        case .everything: true
        case .releases(let specifiers): specifiers.contains(candidate.version, prereleases: true)
        case .digests(let digests): candidate.file.sha256.map(digests.contains) ?? false
        case .filenames(let names): names.contains(candidate.file.filename)
        }
    }

    /// The rule that leaves out what none of these asks for.
    static func rule(of demands: [Demand]) -> Rule {
        if let only = demands.first, demands.allSatisfy({ $0.rule == only.rule }) { return only.rule }
        let keys = Set(demands.map(\.rule.description)).sorted().joined(separator: ", ")
        return Rule(key: keys)
    }

    /// A text that differs for demands that ask for other files.
    package var fingerprint: String {
        switch scope {
        case .everything: "*"
        case .releases(let specifiers): "\(specifiers)"
        case .digests(let digests): "\(digests.sorted().map(\.hex))"
        case .filenames(let names): "\(names.sorted())"
        }
    }
}
