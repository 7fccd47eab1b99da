/// Text from outside, on its way to people: one line that no terminal acts upon.
extension String {
    /// The text with what could confuse a terminal or a reader written as `\u{…}`, and at most 255 characters.
    package var printable: String {
        var result = ""
        var count = 0
        for scalar in unicodeScalars {
            count += 1
            guard count <= 255 else { return result + "…" }
            if scalar.isControl || scalar.properties.isBidiControl {
                result += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

extension Unicode.Scalar {
    /// Whether this is a control character or ends a line.
    package var isControl: Bool {
        if value < 0x20 || value == 0x7F { return true }
        guard value >= 0x80 else { return false }
        switch properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: return true
        default: return false
        }
    }
}
