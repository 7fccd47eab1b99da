/// Why a filename does not name a distribution of a project.
package enum DistributionFilenameError: Error, Equatable, Sendable {
    /// The filename is that of a wheel or sdist of another project; never to be listed.
    case foreign(filename: String, project: ProjectName, owner: ProjectName)
    /// The filename cannot be read as that of any distribution; clients skip such files.
    case unreadable(filename: String, reason: String)
}

extension DistributionFilenameError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .foreign(let filename, let project, let owner):
            "\(filename): belongs to the project \(owner), not to \(project)"
        case .unreadable(let filename, let reason):
            "\(filename): \(reason)"
        }
    }
}
