internal import Packaging

/// The rule for names from outside that become names of files here.
///
/// Odd but harmless names (spaces, parentheses, `+`, `!`, `#`, `%`) are safe.
package enum FilenameSafety {
    /// The longest name, in bytes: leaves room for `.metadata` and for names of partial downloads.
    package static let maximumByteCount = 240

    /// What makes a name unsafe.
    package enum Violation: String, Sendable, CustomStringConvertible {
        case empty = "is empty"
        case tooLong = "has more than 240 bytes"
        case separator = "contains a slash or a backslash"
        case control = "contains a control character"
        case bidirectional = "contains a character that changes the direction of text"
        case leadingDot = "starts with a dot"
        case reservedSuffix = "ends in .metadata, .provenance or .asc, which belong to sidecars"
        case notUTF8 = "is not UTF-8"
        case notNormalized = "is not in Unicode's normalization form C"

        package var description: String { rawValue }
    }

    /// What makes a name unsafe; `nil` when it is safe.
    package static func violation(of name: String) -> Violation? {
        let utf8 = name.utf8
        guard let first = utf8.first else { return .empty }
        if utf8.count > maximumByteCount { return .tooLong }
        if first == UInt8(ascii: ".") { return .leadingDot }
        var isASCII = true
        for byte in utf8 {
            if byte == UInt8(ascii: "/") || byte == UInt8(ascii: "\\") { return .separator }
            if byte < 0x20 || byte == 0x7F { return .control }
            if byte >= 0x80 { isASCII = false }
        }
        if hasSuffix(utf8, ".metadata") || hasSuffix(utf8, ".provenance") || hasSuffix(utf8, ".asc") {
            return .reservedSuffix
        }
        return isASCII ? nil : violation(beyondASCII: name)
    }

    private static func violation(beyondASCII name: String) -> Violation? {
        for scalar in name.unicodeScalars {
            if scalar.isControl { return .control }
            if scalar.properties.isBidiControl { return .bidirectional }
        }
        var span = name.utf8Span
        return span.checkForNFC(quickCheck: false) ? nil : .notNormalized
    }

    /// Compares without regard to the case of ASCII, as some file systems do.
    private static func hasSuffix(_ utf8: String.UTF8View, _ suffix: StaticString) -> Bool {
        guard utf8.count >= suffix.utf8CodeUnitCount else { return false }
        var offset = 0
        for byte in utf8.suffix(suffix.utf8CodeUnitCount) {
            let isUpper = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z")
            guard (isUpper ? byte | 0x20 : byte) == suffix.utf8Start[offset] else { return false }
            offset += 1
        }
        return true
    }
}
