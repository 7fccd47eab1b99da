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
        /// Files of other releases that stay because not everything that may need them is known, in order.
        package let held: [String]

        /// A project.
        package init(
            name: ProjectName,
            isRoot: Bool,
            releases: [Release],
            reasons: [String],
            held: [String] = []
        ) {
            self.name = name
            self.isRoot = isRoot
            self.releases = releases
            self.reasons = reasons
            self.held = held
        }

        /// The project with some of its files, as far as they are not of its releases.
        package func holding(_ filenames: Set<String>) -> Project {
            let kept = Set(releases.map { ReleaseKey($0.version) })
            let held = filenames.filter { filename in
                guard let file = try? DistributionFilename.parse(filename, project: name) else { return true }
                return !kept.contains(ReleaseKey(file.version))
            }
            return Project(name: name, isRoot: isRoot, releases: releases, reasons: reasons, held: held.sorted())
        }
    }

    /// What is needed and cannot be had, though no rule leaves it out.
    package struct Unmet: Sendable, Equatable {
        /// The project.
        package let project: ProjectName
        /// Who needs it and why it cannot be had, in one line.
        package let reason: String
        /// Whether the selection itself asks for it.
        package let isAskedFor: Bool
    }

    /// The projects, in the order of their names.
    package var projects: [Project]
    /// What cannot be known, or had because of a rule, a line each.
    package var notes: [String]
    /// What cannot be had.
    package var unmet: [Unmet]

    /// A result.
    package init(projects: [Project], notes: [String] = [], unmet: [Unmet] = []) {
        self.projects = projects
        self.notes = notes
        self.unmet = unmet
    }
}

extension ClosureSolver {
    /// The most reasons that are told of a project.
    private static let reasonLimit = 5

    /// What is found so far; whole when there are no more questions.
    ///
    /// What is not there is told of only when it was not given up before.
    package var result: ClosureResult {
        var found: [ClosureResult.Project] = []
        var lines: [String] = []
        var failed = notes.unmet
        for project in projects {
            lines += built(project)
            for (unmet, isTold) in isExhausted ? [] : unmet(project) {
                if isTold { lines.append("\(unmet.project): \(unmet.reason)") } else { failed.append(unmet) }
            }
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
        failed.sort { ($0.project, $0.reason) < ($1.project, $1.reason) }
        return ClosureResult(
            projects: found.sorted { $0.name < $1.name },
            notes: notes.lines + lines.sorted(),
            unmet: failed
        )
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

    /// What is asked for of a project and not there, and whether that is told elsewhere or what somebody wants.
    private func unmet(_ project: ClosureProject) -> [(ClosureResult.Unmet, isTold: Bool)] {
        if case .none(let reason, let isTold) = project.page {
            guard let want = project.wants.first(where: { $0.origin != .root }) else { return [] }
            let line = "\(self.reason(want.origin, want.place)): \(reason)"
            return [(.init(project: project.name, reason: line, isAskedFor: false), isTold)]
        }
        guard case .known = project.page else { return [] }
        var unmet: [(ClosureResult.Unmet, isTold: Bool)] = []
        for want in project.wants {
            var solver = self
            let causes = solver.candidates(of: project, want.specifiers, in: want.environments)
                .filter { $0.releases.isEmpty }
                .map { (place: $0.environment, cause: cause(project, want.specifiers, $0.environment)) }
            // What no rule explains goes first.
            guard let first = causes.first(where: { !$0.cause.isRule }) ?? causes.first else { continue }
            let count = Set(causes.map { environments[$0.place].label }).count
            let others = count > 1 ? " and \(count - 1) other environments" : ""
            let releases = want.specifiers == .any ? "no release" : "no release \(want.specifiers)"
            let what = "\(releases) can be had, \(reason(want.origin, first.place))"
            let isAskedFor = want.origin == .root
            unmet.append(
                (
                    .init(
                        project: project.name,
                        reason: "\(what)\(others): \(first.cause.text)",
                        isAskedFor: isAskedFor
                    ),
                    // A pattern asks for what is there.
                    isTold: first.cause.isRule || isAskedFor && !project.isNamed
                )
            )
        }
        return unmet
    }

    private func cause(
        _ project: ClosureProject,
        _ specifiers: VersionSpecifiers,
        _ place: Int
    ) -> (text: String, isRule: Bool) {
        var matching = project.releases.indices.filter {
            specifiers.contains(project.releases[$0].version, prereleases: true)
        }
        if !matching.isEmpty, let limit = environments[place].constraints[project.name] {
            matching.removeAll { !limit.contains(project.releases[$0].version, prereleases: true) }
            if matching.isEmpty { return ("the constraints allow \(limit) alone", false) }
        }
        if let release = matching.first(where: { project.releases[$0].facts.keptOut.contains(place) }) {
            let rule = project.releases[release].facts.rule
            return (
                "\(project.releases[release].facts.version) is left out by \(rule.map { "\($0)" } ?? "a rule")", true
            )
        }
        if matching.contains(where: { project.releases[$0].facts.usableYanked.contains(place) }) {
            return ("what matches is yanked", false)
        }
        if let release = matching.first {
            let version = project.releases[release].facts.version
            return ("no file of \(version) is for that Python and platform", false)
        }
        return (project.releases.isEmpty ? "upstream lists no release" : "no release has such a version", false)
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
