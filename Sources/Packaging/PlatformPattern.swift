/// A pattern of platform tags, to leave wheels out by.
///
/// A word for a family (`linux`, `macos`, `windows`, `ios`, `android`, `emscripten` or `wasm`, and of Linux `glibc` or
/// `manylinux`, `musl` or `musllinux`), a tag (`win32`), or a tag with `*` for any text and `?` for one character
/// (`macosx_*_x86_64`). `any` is matched by itself and by patterns with `*` or `?` only.
package struct PlatformPattern: Hashable, Sendable {
    /// What the pattern looks at.
    private enum Subject: Hashable, Sendable {
        case system(PlatformTag.System)
        case library(PlatformTag.Library)
        case glob(Glob)
    }

    /// The pattern, in lower case.
    package let text: String
    private let subject: Subject

    /// Reads a pattern.
    ///
    /// - Throws: ``PlatformPatternError`` for other characters than those of tags and patterns, and for a word that is
    ///   none of those above.
    package static func parse(_ text: String) throws(PlatformPatternError) -> PlatformPattern {
        let pattern = text.lowercased()
        let isTagText = pattern.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"),
                UInt8(ascii: "*"), UInt8(ascii: "?"):
                true
            default: false
            }
        }
        guard isTagText, !pattern.isEmpty else { throw PlatformPatternError(text: text) }
        switch pattern {
        case "glibc", "manylinux": return PlatformPattern(text: pattern, subject: .library(.glibc))
        case "musl", "musllinux": return PlatformPattern(text: pattern, subject: .library(.musl))
        case "wasm": return PlatformPattern(text: pattern, subject: .system(.emscripten))
        case "other": throw PlatformPatternError(text: text)
        default: break
        }
        if pattern != "any", let system = PlatformTag.System(rawValue: pattern) {
            return PlatformPattern(text: pattern, subject: .system(system))
        }
        let isWord = pattern.utf8.allSatisfy { $0 >= UInt8(ascii: "a") }
        guard !isWord || pattern == "any" else { throw PlatformPatternError(text: text) }
        return PlatformPattern(text: pattern, subject: .glob(Glob(pattern)))
    }

    /// Whether a platform tag, in any case, is one of those meant.
    package func matches(_ platform: String) -> Bool {
        switch subject {
        case .system(let system): PlatformTag(platform).system == system
        case .library(let library): PlatformTag(platform).library == library
        case .glob(let pattern): pattern.matches(platform.lowercased())
        }
    }
}

extension PlatformPattern: CustomStringConvertible {
    package var description: String { text }
}

extension WheelTags {
    /// Whether patterns leave the wheel out: when each of its platforms is matched by one, since a wheel for several
    /// platforms is kept for any.
    package func isExcluded(by patterns: [PlatformPattern]) -> Bool {
        !patterns.isEmpty && platforms.allSatisfy { platform in patterns.contains { $0.matches(platform) } }
    }
}
