/// A version as an index spells it, valid or not: what pages are sorted by.
///
/// A total order: versions that PEP 440 does not allow come first, by their bytes; then the valid ones in the order of
/// PEP 440, and those that are equal but spelled differently (`1.0`, `1.0.0`) by their bytes.
package struct SpelledVersion: Hashable, Sendable {
    /// The version as spelled.
    package let spelling: String
    /// What it means; `nil` when PEP 440 does not allow it.
    package let version: Version?

    /// A version by its spelling.
    package init(_ spelling: String) {
        self.spelling = spelling
        version = Version(spelling)
    }

    package static func == (left: Self, right: Self) -> Bool {
        left.spelling.utf8.elementsEqual(right.spelling.utf8)
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(spelling)
    }
}

extension SpelledVersion: Comparable {
    package static func < (left: Self, right: Self) -> Bool {
        switch (left.version, right.version) {
        case (nil, .some): return true
        case (.some, nil): return false
        case (let leftVersion?, let rightVersion?) where leftVersion != rightVersion:
            return leftVersion < rightVersion
        default:
            return left.spelling.utf8.lexicographicallyPrecedes(right.spelling.utf8)
        }
    }
}
