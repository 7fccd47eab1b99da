/// A version specifier (PEP 440): clauses between commas, all of which a version has to match; none match all.
///
/// Answers as `SpecifierSet` of the `packaging` library does. White space, empty clauses and the order of clauses do
/// not matter; equal are those whose clauses are equal, as a set.
package struct VersionSpecifiers: Sendable {
    /// The text that was read.
    package let spelling: String
    /// The clauses, in the order written.
    package let clauses: [VersionSpecifier]

    /// No clause, which every version matches.
    package static let any = VersionSpecifiers(spelling: "", clauses: [])

    private init(spelling: String, clauses: [VersionSpecifier]) {
        self.spelling = spelling
        self.clauses = clauses
    }

    /// All of some clauses.
    package init(_ clauses: [VersionSpecifier]) {
        self.init(spelling: clauses.map(\.spelling).joined(separator: ","), clauses: clauses)
    }

    /// Reads clauses between commas, such as the value of `Requires-Python`.
    ///
    /// - Throws: ``VersionSpecifierError`` for the first clause that is none.
    package static func parse(_ text: some StringProtocol) throws(VersionSpecifierError) -> VersionSpecifiers {
        var clauses: [VersionSpecifier] = []
        for piece in Substring(text).utf8.split(separator: UInt8(ascii: ",")) {
            let clause = Substring(piece).strippedOfSpace
            if !clause.isEmpty { clauses.append(try VersionSpecifier.parse(clause)) }
        }
        return VersionSpecifiers(spelling: String(text), clauses: clauses)
    }

    /// Whether a clause names a prerelease: prereleases are then taken like other releases.
    package var namesPrerelease: Bool { clauses.contains(where: \.namesPrerelease) }

    /// Whether a version matches.
    ///
    /// - Parameters:
    ///   - version: What `===` compares by its normal form.
    ///   - prereleases: `false` refuses prereleases; `nil` takes one, as there is no other version to prefer.
    /// - Returns: Whether every clause matches.
    package func contains(_ version: Version, prereleases: Bool? = nil) -> Bool {
        if prereleases == false, version.isPrerelease { return false }
        return clauses.allSatisfy { $0.matches(version) }
    }

    /// Whether a version matches; one that PEP 440 does not allow matches `===` only, or no clause at all.
    ///
    /// - Parameters:
    ///   - version: What `===` compares by its spelling.
    ///   - prereleases: `false` refuses prereleases; `nil` takes one, as there is no other version to prefer.
    /// - Returns: Whether every clause matches.
    package func contains(_ version: SpelledVersion, prereleases: Bool? = nil) -> Bool {
        if prereleases == false, version.version?.isPrerelease == true { return false }
        return clauses.allSatisfy { $0.matches(version) }
    }

    /// Those that match, in their order.
    ///
    /// - Parameters:
    ///   - elements: What to choose from.
    ///   - prereleases: Whether prereleases are taken. `nil` takes them when a clause names one, and else only when
    ///     nothing but prereleases and versions that PEP 440 does not allow matches.
    ///   - version: The version of an element.
    /// - Returns: The elements that are taken, in their order.
    package func filter<Element>(
        _ elements: [Element],
        prereleases: Bool? = nil,
        by version: (Element) -> SpelledVersion
    ) -> [Element] {
        let prereleases = prereleases ?? (namesPrerelease ? true : nil)
        var matching: [Element] = []
        var isPrerelease: [Bool] = []
        var hasFinal = false
        for element in elements {
            let version = version(element)
            guard contains(version, prereleases: prereleases) else { continue }
            matching.append(element)
            isPrerelease.append(version.version?.isPrerelease ?? false)
            if version.version?.isPrerelease == false { hasFinal = true }
        }
        guard prereleases == nil, hasFinal else { return matching }
        return zip(matching, isPrerelease).filter { !$0.1 }.map(\.0)
    }

    /// Those versions that match, in their order; see ``filter(_:prereleases:by:)``.
    package func filter(_ versions: [SpelledVersion], prereleases: Bool? = nil) -> [SpelledVersion] {
        filter(versions, prereleases: prereleases) { $0 }
    }
}

extension VersionSpecifiers: Hashable {
    package static func == (left: Self, right: Self) -> Bool {
        left.clauses == right.clauses || Set(left.clauses) == Set(right.clauses)
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(Set(clauses))
    }
}

extension VersionSpecifiers: CustomStringConvertible {
    /// The normal form: the normal forms of the clauses, each once, by their bytes.
    package var description: String {
        Set(clauses.map(\.description)).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.joined(separator: ",")
    }
}
