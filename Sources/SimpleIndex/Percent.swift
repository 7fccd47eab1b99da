/// Percent-encoding of URLs (RFC 3986 section 2.1).
package enum Percent {
    /// The text that bytes encode, decoded once; `nil` when it is not UTF-8.
    ///
    /// A `%` without two digits stands for itself.
    package static func decoded(_ bytes: ArraySlice<UInt8>) -> String? {
        guard bytes.contains(UInt8(ascii: "%")) else { return String(validating: bytes, as: UTF8.self) }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var index = bytes.startIndex
        while index < bytes.endIndex {
            if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.endIndex,
                let high = value(bytes[index + 1]), let low = value(bytes[index + 2])
            {
                result.append(high << 4 | low)
                index += 3
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return String(validating: result, as: UTF8.self)
    }

    /// Appends a path component: all but RFC 3986's unreserved characters is encoded, as Python's `quote` does.
    static func appendComponent(_ component: String, to bytes: inout [UInt8]) {
        for byte in component.utf8 {
            if isUnreserved(byte) { bytes.append(byte) } else { appendEncoded(byte, to: &bytes) }
        }
    }

    /// Appends a part of a URL, and encodes what may not stand in any: spaces, quotes, brackets, what is not ASCII.
    static func appendEncodingForbidden(_ part: ArraySlice<UInt8>, to bytes: inout [UInt8]) {
        if !part.contains(where: isForbidden) {
            bytes.append(contentsOf: part)
            return
        }
        for byte in part {
            if isForbidden(byte) { appendEncoded(byte, to: &bytes) } else { bytes.append(byte) }
        }
    }

    /// The bytes below 128 that may not stand in a URL, a bit each.
    private static let forbidden: (low: UInt64, high: UInt64) = {
        var bits: (low: UInt64, high: UInt64) = ((1 << 33) - 1, 1 << 63)
        for byte in "\"<>".utf8 { bits.low |= 1 << UInt64(byte) }
        for byte in "[\\]^`{|}".utf8 { bits.high |= 1 << UInt64(byte - 64) }
        return bits
    }()

    private static func isForbidden(_ byte: UInt8) -> Bool {
        if byte >= 0x80 { return true }
        return (byte < 64 ? forbidden.low : forbidden.high) >> UInt64(byte & 63) & 1 == 1
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }

    private static func appendEncoded(_ byte: UInt8, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "%"))
        for digit in [byte >> 4, byte & 15] {
            bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "A") + digit - 10)
        }
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
