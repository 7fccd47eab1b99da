/// Which platforms' wheels a machine can use, as `packaging.tags` answers on it.
extension PlatformTag {
    /// The architectures for which there is manylinux.
    private static let manylinuxArchitectures: Set<String> = [
        "x86_64", "i686", "aarch64", "armv7l", "armv8l", "ppc64", "ppc64le", "s390x", "loongarch64", "riscv64",
    ]
    private static let macArchitectures: Set<String> = ["arm64", "x86_64", "i386", "ppc", "ppc64"]

    /// The platform tags that a machine described by this tag supports, best first; `nil` when the tag describes no
    /// machine: it names no version or architecture, or one that does not exist, such as `universal2`.
    var compatible: [String]? {
        guard let architecture else { return nil }
        switch system {
        case .linux: return linux(architecture)
        case .macos:
            guard Self.macArchitectures.contains(architecture) else { return nil }
            return MacPlatforms(major: version[0], minor: version[1], architecture: architecture).tags
        case .windows: return [text]
        case .ios: return ios(architecture)
        // 16 is the oldest API level that `packaging` knows.
        case .android:
            return version[0] < 16 ? [] : (16...version[0]).reversed().map { "android_\($0)_\(architecture)" }
        case .emscripten: return [text]
        case .any, .other: return nil
        }
    }

    private func linux(_ architecture: String) -> [String]? {
        // 32-bit programs on a 64-bit ARM.
        let architectures = architecture == "armv8l" ? ["armv8l", "armv7l"] : [architecture]
        var tags = architectures.map { "linux_\($0)" }
        switch library {
        case nil: break
        case .musl:
            for architecture in architectures {
                tags += (0...version[1]).reversed().map { "musllinux_\(version[0])_\($0)_\(architecture)" }
            }
        case .glibc:
            guard version[0] >= 2, Self.manylinuxArchitectures.contains(architecture) else { return nil }
            for architecture in architectures { tags += manylinux(architecture) }
        }
        return tags
    }

    /// Down to glibc 2.5 where manylinux1 began, else to 2.17; of a major version to come, 50 minor ones of the older.
    private func manylinux(_ architecture: String) -> [String] {
        let oldest = architecture == "x86_64" || architecture == "i686" ? 5 : 17
        var tags: [String] = []
        for major in (2...version[0]).reversed() {
            let newest = major == version[0] ? version[1] : 50
            for minor in (0...newest).reversed() where major > 2 || minor >= oldest {
                tags.append("manylinux_\(major)_\(minor)_\(architecture)")
                switch (major, minor) {
                case (2, 17): tags.append("manylinux2014_\(architecture)")
                case (2, 12): tags.append("manylinux2010_\(architecture)")
                case (2, 5): tags.append("manylinux1_\(architecture)")
                default: break
                }
            }
        }
        return tags
    }

    /// Down to iOS 12, the oldest that `packaging` knows.
    private func ios(_ architecture: String) -> [String] {
        let (major, minor) = (version[0], version[1])
        guard major >= 12 else { return [] }
        var tags = (0...minor).reversed().map { "ios_\(major)_\($0)_\(architecture)" }
        for older in (12..<major).reversed() {
            tags += (0...9).reversed().map { "ios_\(older)_\($0)_\(architecture)" }
        }
        return tags
    }
}
