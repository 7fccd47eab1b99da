extension DistributionFilename {
    /// The suffix of a filename, as written; what the kind is told from.
    struct Suffix {
        let text: Substring

        private static let archives = [
            ".tar.gz", ".tgz", ".zip", ".tar.bz2", ".tbz", ".tar.xz", ".txz", ".tar.lzma", ".tar.lz", ".tar.z", ".tar",
        ]
        private static let platforms = [
            ".linux-", ".macosx-", ".win32", ".win-", ".cygwin-", ".mingw", ".freebsd-", ".openbsd-", ".netbsd-",
            ".darwin-", ".solaris-", ".sunos-", ".aix-", ".irix-", ".hp-ux-", ".java",
        ]

        init(of filename: String) {
            let utf8 = filename.utf8
            if let archive = Self.archives.first(where: { filename.hasSuffixIgnoringASCIICase($0) }) {
                text = filename[utf8.index(utf8.endIndex, offsetBy: -archive.utf8.count)...]
            } else {
                let dot = utf8.lastIndex(of: UInt8(ascii: ".")) ?? utf8.endIndex
                text = filename[dot...]
            }
        }

        var isWheel: Bool { String(text).hasSuffixIgnoringASCIICase(".whl") }
        var isArchive: Bool { Self.archives.contains { String(text).hasSuffixIgnoringASCIICase($0) } }

        /// The version and the kind, by what stands between the project's name and the suffix.
        func kind(rest: Substring) -> (version: Substring, kind: Kind) {
            let (version, platform) = Self.splitPlatform(rest)
            if isArchive {
                return platform == nil ? (rest, .sdist(suffix: String(text))) : (version, .dumb)
            }
            switch String(text).lowercased() {
            case ".egg": return (Self.beforePython(rest), .egg)
            case ".exe": return (Self.beforePython(version), .wininst)
            case ".msi": return (Self.beforePython(version), .msi)
            case ".dmg": return (Self.beforePython(version), .dmg)
            case ".rpm": return (Self.beforeLastHyphen(rest), .rpm)
            case ".deb": return (Self.beforeLastHyphen(rest), .deb)
            default: return (rest, .other(suffix: String(text)))
            }
        }

        /// A version without the platform behind it, such as `.linux-x86_64` or `.win-amd64-py2.7`.
        private static func splitPlatform(_ rest: Substring) -> (version: Substring, platform: Substring?) {
            let utf8 = rest.utf8
            for index in utf8.indices where utf8[index] == UInt8(ascii: ".") {
                if platforms.contains(where: { utf8[index...].starts(with: $0.utf8) }) {
                    return (rest[..<index], rest[index...])
                }
            }
            return (rest, nil)
        }

        /// A version without `-py2.7` and what follows.
        private static func beforePython(_ rest: Substring) -> Substring {
            let utf8 = rest.utf8
            let end = utf8.indices.first { utf8[$0...].starts(with: "-py".utf8) }
            return rest[..<(end ?? utf8.endIndex)]
        }

        /// A version without the release of a system's package, such as `-1.noarch`.
        private static func beforeLastHyphen(_ rest: Substring) -> Substring {
            rest[..<(rest.utf8.lastIndex(of: UInt8(ascii: "-")) ?? rest.endIndex)]
        }
    }
}

extension String {
    /// Whether the string ends in a lower-case ASCII suffix, in any case.
    fileprivate func hasSuffixIgnoringASCIICase(_ suffix: String) -> Bool {
        guard utf8.count >= suffix.utf8.count else { return false }
        return zip(utf8.suffix(suffix.utf8.count), suffix.utf8).allSatisfy { byte, expected in
            (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 == expected : byte == expected
        }
    }
}
