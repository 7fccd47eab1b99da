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
    ///
    /// What only older releases need is none of it: old releases of the field need much that is gone for good.
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
    /// All that is asked for and not there, told as a failure or not: of each project the first few, in one line each.
    package var lacks: [ProjectName: [String]]

    /// A result.
    package init(
        projects: [Project],
        notes: [String] = [],
        unmet: [Unmet] = [],
        lacks: [ProjectName: [String]] = [:]
    ) {
        self.projects = projects
        self.notes = notes
        self.unmet = unmet
        self.lacks = lacks
    }
}
