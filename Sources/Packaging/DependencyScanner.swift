/// Reads the tokens of markers and requirements, left to right.
struct DependencyScanner {
    let text: String
    private let bytes: [UInt8]
    private(set) var position = 0
    /// How many parentheses are open.
    var depth = 0

    init(_ text: some StringProtocol) {
        self.text = String(text)
        bytes = Array(text.utf8)
    }

    var isAtEnd: Bool { position == bytes.count }
    var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    func expected(_ what: String, at offset: Int? = nil) -> DependencySyntaxError {
        DependencySyntaxError(text: text, offset: offset ?? position, expected: what)
    }

    func expectEnd(_ what: String) throws(DependencySyntaxError) {
        guard isAtEnd else { throw expected(what) }
    }

    /// Takes spaces and tabs, no other white space.
    @discardableResult
    mutating func takeSpace() -> Bool {
        let start = position
        while let byte = next, byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") { position += 1 }
        return position > start
    }

    /// Takes an ASCII text.
    mutating func take(_ token: StaticString) -> Bool {
        guard starts(with: token) else { return false }
        position += token.utf8CodeUnitCount
        return true
    }

    /// Takes a word of ASCII letters when no character of a word follows; before it stands none, since tokens end at
    /// the end of words.
    mutating func takeWord(_ word: StaticString) -> Bool {
        guard starts(with: word), !isWordByte(position + word.utf8CodeUnitCount) else { return false }
        position += word.utf8CodeUnitCount
        return true
    }

    /// Takes the longest run of bytes that fulfil a condition.
    mutating func takeRun(while condition: (UInt8) -> Bool) -> Substring {
        let start = position
        while let byte = next, condition(byte) { position += 1 }
        return slice(start..<position)
    }

    /// Takes white space of any kind.
    mutating func takeAnySpace() {
        while let scalar = nextScalar, scalar.isPythonSpace { position += UTF8.width(scalar) }
    }

    /// Takes what stands before white space of any kind, or before an ASCII character.
    mutating func takeText(before isStop: (Unicode.Scalar) -> Bool) -> Substring {
        let start = position
        while let scalar = nextScalar, !scalar.isPythonSpace, !isStop(scalar) { position += UTF8.width(scalar) }
        return slice(start..<position)
    }

    private var nextScalar: Unicode.Scalar? {
        guard let byte = next else { return nil }
        if byte < 0x80 { return Unicode.Scalar(byte) }
        return slice(position..<position + (~byte).leadingZeroBitCount).unicodeScalars.first
    }

    /// Takes an identifier: ASCII letters and digits, with `-`, `_` and `.` behind the first.
    ///
    /// The last one must not be `-` or `.`; `_` is let through, as `packaging` does.
    mutating func takeIdentifier() -> Substring? {
        guard let first = next, Self.isAlphanumeric(first) else { return nil }
        let start = position
        while let byte = next,
            Self.isAlphanumeric(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
                || byte == UInt8(ascii: ".")
        {
            position += 1
        }
        while bytes[position - 1] == UInt8(ascii: "-") || bytes[position - 1] == UInt8(ascii: ".") { position -= 1 }
        return slice(start..<position)
    }

    /// Takes a text in quotes and returns what stands between them, or `nil` where none starts or it does not end.
    mutating func takeQuoted() -> Substring? {
        guard let quote = next, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'"),
            let end = bytes[(position + 1)...].firstIndex(of: quote)
        else { return nil }
        let content = slice(position + 1..<end)
        position = end + 1
        return content
    }

    private func starts(with token: StaticString) -> Bool {
        guard position + token.utf8CodeUnitCount <= bytes.count else { return false }
        for offset in 0..<token.utf8CodeUnitCount where bytes[position + offset] != token.utf8Start[offset] {
            return false
        }
        return true
    }

    /// What follows a word must not go on with it; no token starts with other than ASCII, so that such bytes are an
    /// error anyway.
    private func isWordByte(_ index: Int) -> Bool {
        guard index < bytes.count else { return false }
        return Self.isAlphanumeric(bytes[index]) || bytes[index] == UInt8(ascii: "_") || bytes[index] >= 0x80
    }

    private func slice(_ range: Range<Int>) -> Substring {
        let utf8 = text.utf8
        let start = utf8.index(utf8.startIndex, offsetBy: range.lowerBound)
        return Substring(utf8[start..<utf8.index(start, offsetBy: range.count)])
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"):
            true
        default: false
        }
    }
}
