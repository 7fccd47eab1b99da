extension [UInt8] {
    /// The bytes of a string of hexadecimal digits in either case; `nil` for an odd count or another character.
    package init?(hex: some StringProtocol) {
        // Generic code over the characters would not be specialized outside this module; a buffer of bytes is fast.
        var hex = String(hex)
        guard let bytes = hex.withUTF8(Self.bytes) else { return nil }
        self = bytes
    }

    /// The bytes of hexadecimal digits in either case; `nil` for an odd count or another character.
    package init?(hexDigits: ArraySlice<UInt8>) {
        guard let bytes = hexDigits.withUnsafeBufferPointer(Self.bytes) else { return nil }
        self = bytes
    }

    private static func bytes(ofHexDigits digits: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 2)
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = value(ofHexDigit: digits[index]), let low = value(ofHexDigit: digits[index + 1])
            else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    /// The lower-case hexadecimal digits of the bytes.
    package var hex: String {
        let digits: StaticString = "0123456789abcdef"
        return String(unsafeUninitializedCapacity: count * 2) { buffer in
            for (index, byte) in enumerated() {
                buffer[index * 2] = digits.utf8Start[Int(byte >> 4)]
                buffer[index * 2 + 1] = digits.utf8Start[Int(byte & 15)]
            }
            return count * 2
        }
    }

    private static func value(ofHexDigit digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
