/// The version of the program.
package enum LarderVersion {
    /// The version (semantic versioning).
    package static let current = "0.1.0"
}
