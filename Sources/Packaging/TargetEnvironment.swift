/// A Python for which packages are kept: version, platform, implementation and extras, as a person describes it.
///
/// Equal are environments with the same description.
package struct TargetEnvironment: Sendable {
    /// The implementations of Python.
    package enum Implementation: String, Hashable, Sendable, CaseIterable {
        case cpython
        case pypy
    }

    /// The first number of the version, such as 3 of `3.12`.
    package let pythonMajor: Int
    /// The second number of the version, such as 12 of `3.12`.
    package let pythonMinor: Int
    /// The version in full, such as `3.12.4`.
    package let pythonFullVersion: String
    /// Whether this is a CPython without the GIL (PEP 703).
    package let isFreeThreaded: Bool
    /// The platform, as a tag that describes a machine.
    package let platform: PlatformTag
    /// The implementation.
    package let implementation: Implementation
    /// The extras that are asked for.
    package let extras: Set<ExtraName>
    /// The platform tags that the machine supports, best first.
    package let platforms: [String]
    let supported: SupportedTags

    /// The third number of a version that is described by two: its latest patch, higher than any that there was,
    /// so that `>=3.8.1` and `!=3.9.0` let it in.
    package static let latestPatch = 99

    /// The tags that stand for short words: a Linux as old as those still maintained, with glibc 2.28 on x86-64; macOS
    /// 14 on Apple's processors; Windows on x86-64.
    private static let words = ["linux": "manylinux_2_28_x86_64", "macos": "macosx_14_0_arm64", "windows": "win_amd64"]

    /// An environment.
    ///
    /// - Parameters:
    ///   - python: Two numbers or three, such as `3.12` (its ``latestPatch``) or `3.12.4`, a prerelease behind three
    ///     (`3.15.0rc1`), and a `t` at the end for a CPython without the GIL, such as `3.13t`.
    ///   - platform: A tag for what the machine is: `manylinux_2_28_x86_64` (or `manylinux2014_x86_64`) has that glibc,
    ///     `musllinux_1_2_aarch64` that musl, `macosx_14_0_arm64` is that macOS; `linux_x86_64` has no known C library.
    ///     Also `linux`, `macos` and `windows` for `manylinux_2_28_x86_64`, `macosx_14_0_arm64` and `win_amd64`.
    ///   - implementation: The implementation.
    ///   - extras: The extras that are asked for.
    /// - Throws: ``TargetEnvironmentError`` for a version or a platform that is none.
    package init(
        python: String,
        platform: String,
        implementation: Implementation = .cpython,
        extras: Set<ExtraName> = []
    ) throws(TargetEnvironmentError) {
        let isFreeThreaded = python.utf8.last == UInt8(ascii: "t")
        guard let version = Version(isFreeThreaded ? python.dropLast() : python[...]), version.isPythonVersion,
            case .small(let major) = version.release[0], case .small(let minor) = version.release[1],
            (2...9).contains(major), minor < 100
        else { throw .python(python) }
        guard !isFreeThreaded || implementation == .cpython && (major, minor) >= (3, 13)
        else { throw .freeThreading(python, implementation) }
        self.platform = PlatformTag(Self.words[platform.lowercased()] ?? platform)
        guard let platforms = self.platform.compatible else { throw .platform(platform) }
        (pythonMajor, pythonMinor) = (Int(major), Int(minor))
        pythonFullVersion = version.release.count == 2 ? "\(major).\(minor).\(Self.latestPatch)" : version.description
        self.isFreeThreaded = isFreeThreaded
        self.implementation = implementation
        self.extras = extras
        self.platforms = platforms
        supported = SupportedTags(
            major: Int(major),
            minor: Int(minor),
            implementation: implementation,
            isFreeThreaded: isFreeThreaded,
            platforms: platforms
        )
    }

    /// Whether a value of `Requires-Python` lets this Python in, prereleases of Python included; as pip sees it.
    package func satisfies(requiresPython specifiers: VersionSpecifiers) -> Bool {
        Version(pythonFullVersion).map { specifiers.contains($0, prereleases: true) } ?? false
    }
}

extension TargetEnvironment: Hashable {
    package static func == (left: Self, right: Self) -> Bool {
        left.pythonFullVersion == right.pythonFullVersion && left.isFreeThreaded == right.isFreeThreaded
            && left.platform == right.platform && left.implementation == right.implementation
            && left.extras == right.extras
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(pythonFullVersion)
        hasher.combine(isFreeThreaded)
        hasher.combine(platform)
        hasher.combine(implementation)
        hasher.combine(extras)
    }
}

extension TargetEnvironment: CustomStringConvertible {
    /// Such as `cpython 3.12.4 on manylinux_2_28_x86_64 with dev`.
    package var description: String {
        var text = "\(implementation.rawValue) \(pythonFullVersion)\(isFreeThreaded ? "t" : "") on \(platform.text)"
        if !extras.isEmpty { text += " with \(extras.sorted().map(\.normalized).joined(separator: ", "))" }
        return text
    }
}

extension Version {
    /// Whether this may be the version of a Python: two numbers, or three and perhaps a pre-release.
    fileprivate var isPythonVersion: Bool {
        guard epoch.isZero, post == nil, development == nil, localSegments == nil else { return false }
        return release.count == 3 || release.count == 2 && prerelease == nil
    }
}
