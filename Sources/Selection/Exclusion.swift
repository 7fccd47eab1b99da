package import Packaging
package import RegularExpression
internal import SimpleIndex

/// A rule that leaves out files, each judged by itself.
package struct Exclusion: Hashable, Sendable {
    /// What is left out.
    package enum Criterion: Hashable, Sendable {
        /// Files of these kinds: `wheel`, `sdist`, `egg` and so on.
        case kinds(Set<DistributionFilename.KindName>)
        /// Wheels all of whose platforms match one of the patterns.
        case platforms([PlatformPattern])
        /// Files that no other version of Python can use, by the tags of wheels and by `Requires-Python`.
        case pythons(PythonVersions)
        /// Files that can be installed in none of these environments, by their names and `Requires-Python`; those whose
        /// name says nothing are kept.
        case unusable([ClosureEnvironment])
        /// Files of these releases.
        case releases([ReleasePattern])
        /// Files whose name matches.
        case filenames([RegularExpression])
        /// Files with one of these SHA-256, in lower-case hexadecimal.
        case digests(Set<String>)
        /// Prereleases (PEP 440).
        case prereleases
        /// Yanked files (PEP 592).
        case yanked
        /// Files that were uploaded before a time in seconds since 1970; those of which nobody says when are kept.
        case uploadedBefore(Int64)
        /// Files that were uploaded at a time or after it.
        case uploadedFrom(Int64)
        /// Files of more bytes.
        case largerThan(UInt64)
        /// All files of these projects.
        case projects([ProjectPattern])
    }

    /// What states it.
    package let rule: Rule
    /// What is left out.
    package let criterion: Criterion

    /// An exclusion.
    package init(_ criterion: Criterion, by rule: Rule) {
        self.criterion = criterion
        self.rule = rule
    }

    /// Why a file is left out, in words that stay the same as long as the rule does; `nil` when it is not.
    func reason(for candidate: Candidate, memory: inout DecisionMemory) -> String? {
        switch criterion {
        case .kinds(let kinds):
            return candidate.kind.map(\.name).flatMap { kinds.contains($0) ? "of the kind \($0.rawValue)" : nil }
        case .platforms(let patterns):
            guard case .wheel(let tags) = candidate.kind,
                tags.platforms.allSatisfy({ platform in patterns.contains { $0.matches(platform) } })
            else { return nil }
            return "for \(tags.platforms.joined(separator: ", ")) only"
        case .pythons(let unwanted):
            let versions = memory.versions(for: candidate)
            return !versions.isEmpty && versions.isSubset(of: unwanted) ? "for unwanted versions of Python only" : nil
        case .unusable(let environments):
            let isKept = candidate.kind == nil || !memory.environments(for: candidate, of: environments).isEmpty
            return isKept ? nil : "for none of the environments"
        case .releases(let patterns):
            let match = patterns.first { $0.matches(candidate.version, of: candidate.project) }
            return match.map { "of the releases \($0)" }
        case .filenames(let expressions):
            return expressions.first { $0.matches(candidate.filename) }.map { "its name matches \($0.pattern)" }
        case .digests(let digests):
            return candidate.hashes["sha256"].flatMap { digests.contains($0) ? "its SHA-256 is listed" : nil }
        case .prereleases: return candidate.version.version?.isPrerelease ?? false ? "a prerelease" : nil
        case .yanked: return candidate.isYanked ? "yanked" : nil
        case .uploadedBefore(let time):
            return candidate.uploadTime.flatMap { $0 < time ? "uploaded too early" : nil }
        case .uploadedFrom(let time):
            return candidate.uploadTime.flatMap { $0 >= time ? "uploaded too late" : nil }
        case .largerThan(let limit):
            return candidate.size.flatMap { $0 > limit ? "of \($0) bytes, more than \(limit)" : nil }
        case .projects(let patterns):
            return patterns.contains { $0.matches(candidate.project) } ? "of a project without files" : nil
        }
    }
}

extension Exclusion {
    /// What a criterion looks at: files that share it are all left out, or none.
    enum Subject: Hashable {
        /// The project alone.
        case project
        /// The version.
        case version
        /// The kind, with the tags of a wheel.
        case kind
        /// The kind and `Requires-Python`.
        case use
        /// What each file has for itself.
        case file
    }
}

extension Exclusion.Criterion {
    /// What it looks at.
    var subject: Exclusion.Subject {
        switch self {
        case .projects: .project
        case .releases, .prereleases: .version
        case .kinds, .platforms: .kind
        case .pythons, .unusable: .use
        case .filenames, .digests, .yanked, .uploadedBefore, .uploadedFrom, .largerThan: .file
        }
    }

    /// Whether it says what is good in general, and nothing of a file that somebody asks for by name.
    var isGeneral: Bool {
        switch self {
        case .prereleases, .yanked: true
        default: false
        }
    }
}
