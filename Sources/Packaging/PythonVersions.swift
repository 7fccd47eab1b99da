/// A set of minor versions of Python, as 3.12: which of them a file is for, or are not wanted.
///
/// Made for 2.0 to 2.7 and 3.0 to 3.40. Tags and specifiers speak of more, but of none that exists.
package struct PythonVersions: Hashable, Sendable {
    private static let minors = [2: 0...7, 3: 0...40]
    private static let offsets = [2: 0, 3: 8]

    private var bits: UInt64 = 0

    /// No version.
    package init() {}

    /// Versions that a user names: `2.7`, `3` for all of that major, or specifiers such as `<3.9`.
    ///
    /// - Throws: ``PythonVersionsError``.
    package init(_ text: String) throws(PythonVersionsError) {
        self.init()
        let numbers = text.split(separator: ".", omittingEmptySubsequences: false).map { Int($0) }
        if let major = numbers.first.flatMap({ $0 }), Self.minors[major] != nil, numbers.count <= 2 {
            guard numbers.count == 2 else {
                insert(major: major)
                return
            }
            guard let minor = numbers[1], minor >= 0 else { throw PythonVersionsError(text: text) }
            insert(major: major, minor...minor)
            if bits == 0 { throw PythonVersionsError(text: text) }
            return
        }
        guard let specifiers = try? VersionSpecifiers.parse(text), specifiers != .any else {
            throw PythonVersionsError(text: text)
        }
        formUnion(PythonVersions(specifiers))
    }

    /// The versions of which specifiers take any patch release.
    package init(_ specifiers: VersionSpecifiers) {
        for probe in Self.probes where probe.releases.contains(where: { specifiers.contains($0) }) {
            insert(major: probe.major, probe.minor...probe.minor)
        }
    }

    /// Releases of each version: the first, a middle and a late one.
    ///
    /// What asks for a patch release asks for at least, or at most, it.
    private static let probes: [(major: Int, minor: Int, releases: [Version])] = minors.flatMap { major, minors in
        minors.map { minor in (major, minor, [0, 9, 99].compactMap { Version("\(major).\(minor).\($0)") }) }
    }

    /// The versions that a wheel is for by its Python and ABI tags; all for a tag that is not known.
    package init(_ tags: WheelTags) {
        for tag in tags.pythons { formUnion(Self.versions(of: tag, isStableABI: tags.abis.contains("abi3"))) }
    }

    /// All versions.
    package static let all: PythonVersions = {
        var all = PythonVersions()
        for major in minors.keys { all.insert(major: major) }
        return all
    }()

    /// Whether there are none.
    package var isEmpty: Bool { bits == 0 }

    /// Whether all of these are among others.
    package func isSubset(of others: PythonVersions) -> Bool { bits & ~others.bits == 0 }

    /// Adds others.
    package mutating func formUnion(_ others: PythonVersions) { bits |= others.bits }

    /// Takes away those that others lack.
    package mutating func formIntersection(_ others: PythonVersions) { bits &= others.bits }

    private mutating func insert(major: Int, _ range: ClosedRange<Int>? = nil) {
        guard let minors = Self.minors[major], let offset = Self.offsets[major] else { return }
        for minor in minors where range?.contains(minor) ?? true {
            bits |= 1 << UInt64(offset + minor)
        }
    }

    /// The versions that support a Python tag: `cp39` is 3.9 alone unless its ABI is stable, `py36` is 3.6 and what
    /// follows in Python 3, as `packaging.tags` has it.
    private static func versions(of tag: String, isStableABI: Bool) -> PythonVersions {
        let letters = tag.utf8.prefix { !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        let digits = tag.utf8.dropFirst(letters.count)
        guard let first = digits.first, case let major = Int(first) - Int(UInt8(ascii: "0")), let minors = minors[major]
        else { return all }
        var versions = PythonVersions()
        let rest = digits.dropFirst()
        guard !rest.isEmpty else {
            versions.insert(major: major)
            return versions
        }
        guard let minor = Int(Substring(rest)), minors.contains(minor) else { return all }
        let isPure = letters.elementsEqual("py".utf8)
        versions.insert(major: major, minor...(isPure || isStableABI ? minors.upperBound : minor))
        return versions
    }
}

/// A text that names no versions of Python.
package struct PythonVersionsError: Error, Equatable, CustomStringConvertible {
    /// The text.
    package let text: String

    package var description: String {
        "'\(text)' names no versions of Python; write them as \"2.7\", \"3.8\", \"2\" or \"<3.9\""
    }
}
