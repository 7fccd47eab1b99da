package import Packaging

/// The projects and releases that a closure found.
package struct ClosureResult: Sendable, Equatable {
    /// A release that is kept.
    package struct Release: Sendable, Equatable {
        /// Its version, as spelled.
        package let version: String
        /// Who needs it, as `needed by flask 3.0 in python 3.12 on linux`.
        package let reason: String

        /// A release.
        package init(version: String, reason: String) {
            self.version = version
            self.reason = reason
        }
    }

    /// A project.
    package struct Project: Sendable, Equatable {
        /// Its name.
        package let name: ProjectName
        /// Whether it is asked for by the selection itself.
        package let isRoot: Bool
        /// Its releases, the newest first.
        package let releases: [Release]
        /// Who needs it: the first few, as ``Release/reason``.
        package let reasons: [String]

        /// A project.
        package init(name: ProjectName, isRoot: Bool, releases: [Release], reasons: [String]) {
            self.name = name
            self.isRoot = isRoot
            self.releases = releases
            self.reasons = reasons
        }
    }

    /// The projects, in the order of their names.
    package var projects: [Project]
    /// What cannot be known or had, a line each.
    package var notes: [String]

    /// A result.
    package init(projects: [Project], notes: [String] = []) {
        self.projects = projects
        self.notes = notes
    }
}

extension ClosureSolver {
    /// The most reasons that are told of a project.
    private static let reasonLimit = 5

    /// What is found so far; whole when there are no more questions.
    package var result: ClosureResult {
        var found: [ClosureResult.Project] = []
        var lines: [String] = []
        for project in projects {
            lines += unmet(project) + built(project)
            // What nobody can have is told, and has no page.
            guard project.isRoot || project.releases.contains(where: \.isKept) else { continue }
            let releases = project.releases.filter(\.isKept).map { release in
                ClosureResult.Release(version: release.facts.version, reason: reason(release, of: project))
            }
            let asked = project.wants.filter { $0.origin != .root }.prefix(Self.reasonLimit)
                .map { reason($0.origin, $0.place) }
            let others = releases.map(\.reason).filter { !project.isRoot || $0.hasPrefix("needed") }
            var reasons: [String] = []
            for reason in asked + others where !reasons.contains(reason) && reasons.count < Self.reasonLimit {
                reasons.append(reason)
            }
            found.append(
                .init(name: project.name, isRoot: project.isRoot, releases: releases, reasons: reasons)
            )
        }
        return ClosureResult(projects: found.sorted { $0.name < $1.name }, notes: notes.lines + lines.sorted())
    }

    private func reason(_ release: ClosureProject.Release, of project: ClosureProject) -> String {
        if release.want >= 0 {
            let want = project.wants[Int(release.want)]
            let isThere = release.followed.contains(want.place)
            return reason(want.origin, isThere ? want.place : release.followed.first)
        }
        return reason(release.origin ?? .root, release.together.first)
    }

    private func reason(_ origin: ClosureProject.Origin, _ place: Int) -> String {
        let label = place < environments.count ? " in \(environments[place].label)" : ""
        switch origin {
        case .root: return "asked for\(label)"
        case .release(let project, let release):
            let project = projects[Int(project)]
            return "needed by \(project.name) \(project.releases[Int(release)].facts.version)\(label)"
        }
    }

    /// What is asked for of a project and not there, a line for each.
    private func unmet(_ project: ClosureProject) -> [String] {
        if case .none(let reason) = project.page {
            guard let want = project.wants.first, want.origin != .root else { return [] }
            return ["\(project.name), \(self.reason(want.origin, want.place)): \(reason)"]
        }
        guard case .known = project.page else { return [] }
        let versions = project.versions
        var lines: [String] = []
        for want in project.wants {
            let missing = want.environments.places.filter {
                project.candidates(want.specifiers, in: $0, versions).isEmpty
            }
            guard let first = missing.first else { continue }
            let others = missing.count > 1 ? " and \(missing.count - 1) other environments" : ""
            let who = reason(want.origin, first)
            lines.append(
                "nothing of \(project.name)\(want.specifiers) can be had, \(who)\(others): "
                    + cause(project, want.specifiers, versions, first)
            )
        }
        return lines
    }

    private func cause(
        _ project: ClosureProject,
        _ specifiers: VersionSpecifiers,
        _ versions: [SpelledVersion],
        _ place: Int
    ) -> String {
        let matching = project.releases.indices.filter { specifiers.contains(versions[$0], prereleases: true) }
        if let release = matching.first(where: { project.releases[$0].facts.keptOut.contains(place) }) {
            let rule = project.releases[release].facts.rule
            return "\(project.releases[release].facts.version) is left out by \(rule.map { "\($0)" } ?? "a rule")"
        }
        if matching.contains(where: { project.releases[$0].facts.usableYanked.contains(place) }) {
            return "what matches is yanked"
        }
        if let release = matching.first {
            let version = project.releases[release].facts.version
            return "no file of \(version) is for that Python and platform"
        }
        return project.releases.isEmpty ? "upstream lists no release" : "no release has such a version"
    }

    /// Releases whose sdist has to be built, for which nothing more is known.
    private func built(_ project: ClosureProject) -> [String] {
        let built = project.releases.filter { !$0.followed.intersection($0.facts.builds).isEmpty }
        guard mode == .newest, let first = built.first else { return [] }
        let place = first.followed.intersection(first.facts.builds).first
        return [
            "\(project.name) \(first.facts.version) has no wheel for \(environments[place].label): its sdist has to be "
                + "built there, and what the build needs is not followed"
        ]
    }
}
