internal import Configuration
internal import Publication

extension LinkKind {
    /// What the configuration says.
    init(_ publication: Configuration.Publication) {
        switch publication.link {
        case .symlink: self = .symbolic
        case .hardlink: self = .hard
        case .copy: self = .copy
        }
    }
}
