internal import CTOMLPlusPlus

/// Why bytes are not TOML that we read.
package struct TOMLError: Error, Equatable, Sendable {
    /// Where the parser stood.
    package let position: TOMLPosition
    /// What is wrong, in toml++'s words; these quote the text, with whatever it holds.
    package let message: String

    init(_ error: larder_toml_error) {
        position = TOMLPosition(error.position)
        let words = withUnsafeBytes(of: error.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        let prefix = "Error while parsing "
        message = words.hasPrefix(prefix) ? "in \(words.dropFirst(prefix.count))" : words
    }
}

extension TOMLError: CustomStringConvertible {
    package var description: String {
        "not TOML that can be read: \(message) (line \(position.line), column \(position.column))"
    }
}
