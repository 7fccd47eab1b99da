package import Packaging
package import SimpleIndex

/// What an older page may still show.
package struct Showable: Sendable {
    /// Whether a project may be in the root list.
    package let isListed: @Sendable (ProjectName) -> Bool
    /// Whether a page may list a file, as far as the policy goes.
    package let allows: @Sendable (PublishedFile, ProjectName) -> Bool

    /// What may be shown.
    ///
    /// - Parameters:
    ///   - isListed: Whether a project may be in the root list.
    ///   - allows: Whether a page may list a file, as far as the policy goes.
    package init(
        isListed: @escaping @Sendable (ProjectName) -> Bool,
        allows: @escaping @Sendable (PublishedFile, ProjectName) -> Bool
    ) {
        self.isListed = isListed
        self.allows = allows
    }
}
