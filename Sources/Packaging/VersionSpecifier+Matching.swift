/// Which versions a clause matches, by itself: whether prereleases are welcome is a matter of the whole set.
extension VersionSpecifier {
    /// Whether the clause matches a version; `===` compares with the normal form.
    package func matches(_ version: Version) -> Bool {
        switch operand {
        case .version(let operand): matches(version, operand)
        case .prefix(let prefix): version.hasRelease(startingAs: prefix, count: prefix.release.count) == isEqual
        case .text(let text): Self.isSameVersionText(text, version.description)
        }
    }

    /// Whether the clause matches a version; `===` compares with its spelling, and alone matches what is no version of
    /// PEP 440.
    package func matches(_ version: SpelledVersion) -> Bool {
        if case .text(let text) = operand { return Self.isSameVersionText(text, version.spelling) }
        return version.version.map(matches) ?? false
    }

    private var isEqual: Bool { comparison == .equal }

    private func matches(_ version: Version, _ operand: Version) -> Bool {
        switch comparison {
        case .greaterOrEqual:
            return version >= operand
        case .lessOrEqual:
            return version <= operand || version.isSamePublic(as: operand)
        case .equal, .notEqual:
            // A local version matters only where the clause has one.
            let isSame = operand.localSegments == nil ? version.isSamePublic(as: operand) : version == operand
            return isSame == isEqual
        case .greater:
            guard version > operand, !version.isSamePublic(as: operand) else { return false }
            // `>V` leaves out post-releases of V, unless V is one (or a developmental release, which has none).
            let hasFamily = operand.post == nil && operand.development == nil
            return !(hasFamily && version.isSameBase(as: operand))
        case .less:
            guard version < operand else { return false }
            // `<V` leaves out prereleases of V, unless V is one: what comes before V and has its release, or, where V
            // is a post-release, its number of that too.
            if operand.isPrerelease { return true }
            return operand.post == nil
                ? !version.isSameRelease(as: operand)
                : version.post != operand.post || !version.isSameBase(as: operand)
        case .compatible:
            return version >= operand && version.hasRelease(startingAs: operand, count: operand.release.count - 1)
        case .identical:
            return false
        }
    }

    /// Whether two texts are one for `===`, which does not look at case.
    private static func isSameVersionText(_ text: String, _ other: String) -> Bool {
        text.isSameText(as: other) || text.lowercased().isSameText(as: other.lowercased())
    }
}
