/// A text as TOML writes it: a basic string in quotes, on one line.
///
/// Quotes, backslashes and control characters are escaped; all else stands as it is.
package func tomlLiteral(_ text: String) -> String {
    var literal = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"", "\\": literal += "\\\(scalar)"
        case "\u{8}": literal += "\\b"
        case "\t": literal += "\\t"
        case "\n": literal += "\\n"
        case "\u{C}": literal += "\\f"
        case "\r": literal += "\\r"
        case "\0"..."\u{1F}", "\u{7F}":
            let hex = String(scalar.value, radix: 16, uppercase: true)
            literal += "\\u" + String(repeating: "0", count: 4 - hex.utf8.count) + hex
        default: literal.unicodeScalars.append(scalar)
        }
    }
    return literal + "\""
}
