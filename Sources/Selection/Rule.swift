/// A statement of a configuration that decides about projects or files.
package struct Rule: Hashable, Sendable {
    /// What states it, as the configuration calls it: `[select] latest`, or the name of a file.
    package let key: String
    /// Where it stands, as `larder.toml:45`.
    ///
    /// It is `nil` where that is not known, and decides nothing.
    package let place: String?
    /// Whether each file that it leaves out is told when that begins, since nobody could have known.
    package let isTold: Bool

    /// A rule.
    package init(key: String, place: String? = nil, isTold: Bool = false) {
        self.key = key
        self.place = place
        self.isTold = isTold
    }
}

extension Rule: CustomStringConvertible {
    /// The rule and its place, as `[select] latest (larder.toml:45)`.
    package var description: String { place.map { "\(key) (\($0))" } ?? key }
}
