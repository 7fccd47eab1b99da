extension DistributionFilename {
    /// The suffix of a filename, as written; what the kind is told from.
    struct Suffix {
        let text: Substring
        let isWheel: Bool
        let isArchive: Bool

        private static let archives: [StaticString] = [
            ".tar.gz", ".tgz", ".zip", ".tar.bz2", ".tbz", ".tar.xz", ".txz", ".tar.lzma", ".tar.lz", ".tar.z", ".tar",
        ]
        private static let platforms = [
            ".linux-", ".macosx-", ".win32", ".win-", ".cygwin-", ".mingw", ".freebsd-", ".openbsd-", ".netbsd-",
            ".darwin-", ".solaris-", ".sunos-", ".aix-", ".irix-", ".hp-ux-", ".java",
        ]

        /// Whether a filename ends as a wheel's.
        static func isWheel(_ filename: String) -> Bool { filename.utf8.hasSuffix(".whl") }

        init(of filename: String) {
            let utf8 = filename.utf8
            if Self.isWheel(filename) {
                text = filename[utf8.index(utf8.endIndex, offsetBy: -4)...]
                (isWheel, isArchive) = (true, false)
                return
            }
            isWheel = false
            if let archive = Self.archives.first(where: { utf8.hasSuffix($0) }) {
                text = filename[utf8.index(utf8.endIndex, offsetBy: -archive.utf8CodeUnitCount)...]
                isArchive = true
            } else {
                text = filename[(utf8.lastIndex(of: UInt8(ascii: ".")) ?? utf8.endIndex)...]
                isArchive = false
            }
        }

        /// The version and the kind, by what stands between the project's name and the suffix.
        func kind(rest: Substring) -> (version: Substring, kind: Kind) {
            let (version, platform) = Self.splitPlatform(rest)
            if isArchive {
                // What looks like a platform may be part of a local version, such as 1.0+a.win32.
                let isSource = platform == nil || Version(rest) != nil
                return isSource ? (rest, .sdist(suffix: String(text))) : (version, .dumb)
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
            let bytes = utf8.span
            for place in bytes.indices.dropLast() where bytes[place] == UInt8(ascii: ".") {
                // The parts of most versions start with a digit.
                guard bytes[place + 1] >= UInt8(ascii: "a") else { continue }
                let tail = utf8.dropFirst(place)
                if platforms.contains(where: { tail.starts(with: $0.utf8) }) {
                    return (Substring(utf8.prefix(place)), Substring(tail))
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

extension String.UTF8View {
    /// Whether the bytes end in a lower-case ASCII suffix, in any case.
    fileprivate func hasSuffix(_ suffix: StaticString) -> Bool {
        let bytes = span
        let start = bytes.count - suffix.utf8CodeUnitCount
        guard start >= 0 else { return false }
        for offset in 0..<suffix.utf8CodeUnitCount {
            let byte = bytes[start + offset]
            let isUpper = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z")
            guard (isUpper ? byte | 0x20 : byte) == suffix.utf8Start[offset] else { return false }
        }
        return true
    }
}
