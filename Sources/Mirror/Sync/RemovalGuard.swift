internal import Configuration
internal import Packaging
internal import Scheduling

/// What upstream has no more, collected while pages come in.
final class RemovalList: Sendable {
    /// What is to be withdrawn.
    struct Content: Sendable {
        /// Projects without a page.
        var projects: [ProjectName] = []
        /// Those that came from another upstream before, where the one that claims them now has no page of them.
        var moved: [ProjectName] = []
        /// The names of files that are on no page, by project.
        var files: [(project: ProjectName, names: [String])] = []

        /// The number of those files.
        var fileCount: Int { files.reduce(0) { $0 + $1.names.count } }
    }

    private let state = Locked(Content())

    /// What was collected, in the order of the projects.
    var content: Content {
        var content = state.withLock { $0 }
        content.projects.sort()
        content.moved.sort()
        content.files.sort { $0.project < $1.project }
        return content
    }

    /// Notes a project that upstream has no page of.
    ///
    /// - Parameters:
    ///   - project: The project.
    ///   - isMoved: Whether it came from another upstream before.
    func note(project: ProjectName, isMoved: Bool = false) {
        state.withLock { if isMoved { $0.moved.append(project) } else { $0.projects.append(project) } }
    }

    /// Notes files that a page has no more.
    func note(files: [String], of project: ProjectName) {
        state.withLock { $0.files.append((project, files)) }
    }
}

/// How much one run may withdraw without being told to.
///
/// A share of what is here, but never below a number that small mirrors need: an upstream that suddenly has nothing is
/// more likely broken than empty.
struct RemovalGuard: Sendable {
    /// Projects that may be taken off.
    let projects: Int
    /// Files that may be taken off.
    let files: Int

    /// The guard of a configuration, for what is here.
    init(_ settings: Configuration.RemovalGuard, projects: Int, files: Int) {
        self.projects = max(10, settings.removals?.part(of: projects) ?? projects * 2 / 100)
        self.files = max(100, settings.removals?.part(of: files) ?? files * 5 / 100)
    }
}
