package import Packaging

/// A file that is left out for what nobody could know before, such as its size.
package struct FileDrop: Hashable, Sendable {
    /// The project.
    package let project: ProjectName
    /// The filename.
    package let file: String
    /// The size in bytes, as far as it is known.
    package let size: UInt64?
    /// Why, and by which rule, in one line.
    package let reason: String
}
