/// Reads the filenames of a project, one after the other.
///
/// Files of a release share its version, and releases have wheels with the same tags. So versions and kinds are
/// remembered by their text: each is taken apart once, and a reading says only which they are. Texts are the same where
/// Unicode takes them for the same; names that are safe are normalized, so that these have the same bytes.
package struct DistributionFilenameReader: Sendable {
    /// What a filename says.
    package struct Reading: Sendable {
        /// The place of the version in ``DistributionFilenameReader/versions``; one place for one spelling.
        package let version: Int
        /// The place of the kind in ``DistributionFilenameReader/kinds``; one place for one text of tags, or one suffix.
        package let kind: Int
    }

    /// The project that the files belong to.
    package let project: ProjectName
    /// The versions that were read, and some that made a wheel unreadable.
    package private(set) var versions: [SpelledVersion] = []
    /// The kinds that were read.
    package private(set) var kinds: [DistributionFilename.Kind] = []

    private var versionPlaces: [Substring: Int] = [:]
    /// The place of the version that was read last.
    private var lastVersion = 0
    /// By what stands behind the version: build, Pythons, ABIs and platforms.
    private var wheelPlaces: [Substring: Int] = [:]
    /// Of all kinds but wheels.
    private var otherPlaces: [DistributionFilename.Kind: Int] = [:]

    /// A reader that has read nothing yet.
    package init(of project: ProjectName) {
        self.project = project
    }

    /// Reads a filename as ``DistributionFilename/parse(_:project:)`` does.
    ///
    /// - Throws: As that does.
    package mutating func read(_ filename: String) throws(DistributionFilenameError) -> Reading {
        if DistributionFilename.Suffix.isWheel(filename) { return try readWheel(filename) }
        let suffix = DistributionFilename.Suffix(of: filename)
        let stem = filename.utf8.dropLast(suffix.text.utf8.count)
        guard let rest = remainder(of: stem) else {
            if suffix.isArchive, let owner = DistributionFilename.owner(of: Substring(stem)) {
                throw .foreign(filename: filename, project: project, owner: owner)
            }
            throw .unreadable(filename: filename, reason: "has no name and version before its suffix")
        }
        let (version, kind) = suffix.kind(rest: rest)
        guard !version.isEmpty else { throw .unreadable(filename: filename, reason: "has no version after its name") }
        lastVersion = place(ofVersion: version)
        return Reading(version: lastVersion, kind: place(of: kind))
    }

    /// What stands behind the project's name and a hyphen.
    ///
    /// Of all pieces before a hyphen only one can be the name, see ``ProjectName/spellingCount(atStartOf:)``.
    private func remainder(of stem: Substring.UTF8View) -> Substring? {
        let bytes = stem.span
        guard let count = project.spellingCount(atStartOf: bytes), count < bytes.count, bytes[count] == Self.hyphen
        else { return nil }
        return Substring(stem.dropFirst(count + 1))
    }

    private mutating func readWheel(_ filename: String) throws(DistributionFilenameError) -> Reading {
        let utf8 = filename.utf8
        let stem = utf8.span.extracting(droppingLast: 4)
        let hyphens = Hyphens(stem)
        guard hyphens.count == 4 || hyphens.count == 5 else {
            throw .unreadable(
                filename: filename,
                reason: "a wheel's name has 4 or 5 hyphens, this has \(hyphens.count)"
            )
        }
        let name = stem.extracting(..<hyphens.first)
        if project.spellingCount(atStartOf: name) != name.count || Self.hasDoubledUnderscore(name) {
            let text = filename.piece(0..<hyphens.first)
            guard let owner = ProjectName(text), !Self.hasDoubledUnderscore(name) else {
                throw .unreadable(filename: filename, reason: "'\(text)' is no name of a project")
            }
            throw .foreign(filename: filename, project: project, owner: owner)
        }
        let version = hyphens.first + 1..<hyphens.second
        if !isLastVersion(stem.extracting(version)) { lastVersion = place(ofVersion: filename.piece(version)) }
        guard versions[lastVersion].version != nil else {
            throw .unreadable(filename: filename, reason: "'\(filename.piece(version))' is no version of PEP 440")
        }
        let tags = filename.piece(hyphens.second + 1..<stem.count)
        if let known = wheelPlaces[tags] { return Reading(version: lastVersion, kind: known) }
        kinds.append(.wheel(try WheelTags.read(tags, in: filename)))
        wheelPlaces[tags] = kinds.count - 1
        return Reading(version: lastVersion, kind: kinds.count - 1)
    }

    /// Whether this is the version that was read last: on most pages the files of a release stand together.
    private func isLastVersion(_ text: Span<UInt8>) -> Bool {
        guard lastVersion < versions.count else { return false }
        let utf8 = versions[lastVersion].spelling.utf8
        let last = utf8.span
        guard last.count == text.count else { return false }
        for place in text.indices where text[place] != last[place] { return false }
        return true
    }

    private mutating func place(ofVersion version: Substring) -> Int {
        if let known = versionPlaces[version] { return known }
        versions.append(SpelledVersion(String(version)))
        versionPlaces[version] = versions.count - 1
        return versions.count - 1
    }

    private mutating func place(of kind: DistributionFilename.Kind) -> Int {
        if let known = otherPlaces[kind] { return known }
        kinds.append(kind)
        otherPlaces[kind] = kinds.count - 1
        return kinds.count - 1
    }

    private static let hyphen = UInt8(ascii: "-")

    private static func hasDoubledUnderscore(_ name: Span<UInt8>) -> Bool {
        var previous: UInt8 = 0
        for place in name.indices {
            if name[place] == UInt8(ascii: "_"), previous == UInt8(ascii: "_") { return true }
            previous = name[place]
        }
        return false
    }

    /// How many hyphens there are, and where the first two stand.
    private struct Hyphens {
        var count = 0
        var first = 0
        var second = 0

        init(_ text: Span<UInt8>) {
            for place in text.indices where text[place] == hyphen {
                count += 1
                if count == 1 { first = place } else if count == 2 { second = place }
            }
        }
    }
}

extension String {
    /// What stands at some places of the UTF-8, between characters of ASCII.
    fileprivate func piece(_ places: Range<Int>) -> Substring {
        Substring(utf8.dropFirst(places.lowerBound).prefix(places.count))
    }
}

extension WheelTags {
    /// The tags, and the build before them, as they stand behind the version in a filename.
    fileprivate static func read(
        _ text: Substring,
        in filename: String
    ) throws(DistributionFilenameError) -> WheelTags {
        let pieces = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false).map(Substring.init)
        let build = pieces.count == 4 ? pieces[0] : nil
        if let build {
            guard let digit = build.utf8.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else {
                throw .unreadable(filename: filename, reason: "the build tag '\(build)' starts with no digit")
            }
        }
        guard let tags = WheelTags(build: build.map { String($0) }, pieces: pieces.suffix(3)) else {
            throw .unreadable(filename: filename, reason: "one of its tags is empty")
        }
        return tags
    }
}

extension DistributionFilename {
    /// The project of an archive that reads as a name and a version of PEP 440, or as a name and what starts with a
    /// digit.
    fileprivate static func owner(of stem: Substring) -> ProjectName? {
        let hyphens = stem.utf8.indices.filter { stem.utf8[$0] == UInt8(ascii: "-") }
        let splits = hyphens.compactMap { index in
            ProjectName(stem[..<index]).map { (name: $0, rest: stem[stem.utf8.index(after: index)...]) }
        }
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        return splits.first { Version($0.rest) != nil }?.name
            ?? splits.first { $0.rest.utf8.first.map(digits.contains) ?? false }?.name
    }
}
