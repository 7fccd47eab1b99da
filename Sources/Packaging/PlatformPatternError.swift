/// A text that is no pattern of platforms.
package struct PlatformPatternError: Error, Hashable, Sendable {
    /// The text.
    package let text: String
}

extension PlatformPatternError: CustomStringConvertible {
    package var description: String {
        """
        '\(text.printable)' is no pattern of platforms: expected one of linux, glibc, musl, macos, windows, ios, android, \
        emscripten, or a tag such as win_amd64 or macosx_*
        """
    }
}
