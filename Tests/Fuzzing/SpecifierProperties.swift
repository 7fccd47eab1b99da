import Packaging

/// What holds for version specifiers: an input is a line with one, and up to eight lines, each the spelling of a version.
enum SpecifierProperties {
    static func check(_ input: [UInt8]) throws(PropertyViolation) {
        let lines = input.split(separator: UInt8(ascii: "\n"), maxSplits: 8, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        let text = lines.first ?? ""
        let specifiers: VersionSpecifiers
        do throws(VersionSpecifierError) {
            specifiers = try VersionSpecifiers.parse(text)
        } catch {
            return try requirePrintable(error.description)
        }
        try checkNormalForm(of: specifiers)
        try checkChoice(specifiers, among: lines.dropFirst().map { SpelledVersion($0) })
    }

    private static func checkNormalForm(of specifiers: VersionSpecifiers) throws(PropertyViolation) {
        let normal = specifiers.description
        guard let again = try? VersionSpecifiers.parse(normal) else {
            throw PropertyViolation(description: "'\(specifiers.spelling)' is read, its normal form '\(normal)' is not")
        }
        try require(again == specifiers, "'\(specifiers.spelling)' differs from its normal form '\(normal)'")
        try require(again.hashValue == specifiers.hashValue, "'\(normal)' hashes unlike '\(specifiers.spelling)'")
        try require(again.description.isSameBytes(as: normal), "the normal form of '\(normal)' is '\(again)'")
    }

    private static func checkChoice(
        _ specifiers: VersionSpecifiers,
        among versions: [SpelledVersion]
    ) throws(PropertyViolation) {
        let all = specifiers.filter(versions, prereleases: true)
        try require(
            all == versions.filter { specifiers.contains($0, prereleases: true) },
            "'\(specifiers)' filters other versions than it contains"
        )
        for version in versions {
            let any = specifiers.contains(version)
            try require(any == specifiers.contains(version, prereleases: true), "\(version.spelling) alone")
            let final = specifiers.contains(version, prereleases: false)
            let isPrerelease = version.version?.isPrerelease ?? false
            try require(final == (any && !isPrerelease), "\(version.spelling) in '\(specifiers)' without prereleases")
            guard let parsed = version.version else { continue }
            let isOpaque = specifiers.clauses.contains { $0.comparison == .identical }
            try require(
                isOpaque || specifiers.contains(parsed) == any,
                "\(version.spelling) in '\(specifiers)' depends on its spelling"
            )
            for clause in specifiers.clauses where clause.comparison == .equal {
                guard let unequal = try? VersionSpecifier.parse("!\(clause.spelling.dropFirst())") else { continue }
                try require(
                    unequal.matches(parsed) != clause.matches(parsed),
                    "\(version.spelling): \(clause), \(unequal)"
                )
            }
        }
        let chosen = specifiers.filter(versions)
        try require(chosen.isEmpty == all.isEmpty, "'\(specifiers)' chooses nothing, though something matches")
        try require(chosen.allSatisfy(all.contains), "'\(specifiers)' chooses what does not match")
    }
}
