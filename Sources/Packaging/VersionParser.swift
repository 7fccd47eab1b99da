/// Reads a version left to right, as the regular expression of PEP 440 (appendix B) matches it.
struct VersionParser {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0

    private init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
    }

    /// The version that UTF-8 text spells, white space around it left aside.
    static func parse(_ text: UnsafeBufferPointer<UInt8>) -> Version? {
        var parser = VersionParser(UnsafeBufferPointer(rebasing: trimmed(text)))
        return parser.version()
    }

    private mutating func version() -> Version? {
        _ = take { $0 | 0x20 == UInt8(ascii: "v") }
        guard var number = takeNumber() else { return nil }
        var epoch: VersionNumber = 0
        if take({ $0 == UInt8(ascii: "!") }) {
            epoch = number
            guard let first = takeNumber() else { return nil }
            number = first
        }
        var release: [VersionNumber] = []
        release.reserveCapacity(4)
        release.append(number)
        while peek() == UInt8(ascii: "."), isDigit(peek(1)) {
            position += 1
            guard let next = takeNumber() else { return nil }
            release.append(next)
        }
        if position == bytes.count { return Version(epoch: epoch, release: release) }
        let prerelease = takePrerelease()
        let post = takePost()
        let development = takeWord("dev") ? takeTrailingNumber() : nil
        var local: [Version.LocalSegment]?
        if take({ $0 == UInt8(ascii: "+") }) {
            guard let segments = takeLocal() else { return nil }
            local = segments
        }
        guard position == bytes.count else { return nil }
        return Version(
            epoch: epoch,
            release: release,
            prerelease: prerelease,
            post: post,
            development: development,
            localSegments: local
        )
    }

    private mutating func takePrerelease() -> (phase: Version.Phase, number: VersionNumber)? {
        let phase: Version.Phase
        if takeWord("alpha") || takeWord("a") {
            phase = .alpha
        } else if takeWord("beta") || takeWord("b") {
            phase = .beta
        } else if takeWord("preview") || takeWord("pre") || takeWord("c") || takeWord("rc") {
            phase = .candidate
        } else {
            return nil
        }
        return (phase, takeTrailingNumber())
    }

    private mutating func takePost() -> VersionNumber? {
        if peek() == UInt8(ascii: "-"), isDigit(peek(1)) {
            position += 1
            return takeNumber()
        }
        guard takeWord("post") || takeWord("rev") || takeWord("r") else { return nil }
        return takeTrailingNumber()
    }

    private mutating func takeLocal() -> [Version.LocalSegment]? {
        var segments: [Version.LocalSegment] = []
        repeat {
            let start = position
            var isNumber = true
            while let byte = peek(), isDigit(byte) || isLetter(byte) {
                if !isDigit(byte) { isNumber = false }
                position += 1
            }
            guard position > start else { return nil }
            let piece = bytes[start..<position]
            if isNumber {
                segments.append(.number(VersionNumber(digits: piece)))
            } else {
                segments.append(.text(String(decoding: piece.map { isLetter($0) ? $0 | 0x20 : $0 }, as: UTF8.self)))
            }
        } while take(isSeparator)
        return segments
    }

    // MARK: Pieces

    private func peek(_ ahead: Int = 0) -> UInt8? {
        position + ahead < bytes.count ? bytes[position + ahead] : nil
    }

    private mutating func take(_ condition: (UInt8) -> Bool) -> Bool {
        guard let byte = peek(), condition(byte) else { return false }
        position += 1
        return true
    }

    /// Takes a word in any case, with a separator before it or without.
    private mutating func takeWord(_ word: StaticString) -> Bool {
        var index = position
        if let byte = peek(), isSeparator(byte) { index += 1 }
        guard index + word.utf8CodeUnitCount <= bytes.count else { return false }
        for offset in 0..<word.utf8CodeUnitCount
        where !isLetter(bytes[index + offset]) || bytes[index + offset] | 0x20 != word.utf8Start[offset] {
            return false
        }
        position = index + word.utf8CodeUnitCount
        return true
    }

    /// Takes the number after a word, with a separator before it or without; without digits it is 0.
    private mutating func takeTrailingNumber() -> VersionNumber {
        _ = take(isSeparator)
        return takeNumber() ?? 0
    }

    private mutating func takeNumber() -> VersionNumber? {
        let start = position
        while isDigit(peek()) { position += 1 }
        return position > start ? VersionNumber(digits: bytes[start..<position]) : nil
    }

    private func isDigit(_ byte: UInt8?) -> Bool {
        guard let byte else { return false }
        return byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }

    private func isLetter(_ byte: UInt8) -> Bool {
        byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z")
    }

    private func isSeparator(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
    }

    /// The text without what Python's `\s` matches at its ends: Unicode white space and the four ASCII separators.
    private static func trimmed(_ text: UnsafeBufferPointer<UInt8>) -> Slice<UnsafeBufferPointer<UInt8>> {
        func isPlain(_ byte: UInt8?) -> Bool { byte.map { $0 > 0x20 && $0 < 0x80 } ?? true }
        if isPlain(text.first), isPlain(text.last) { return text[...] }
        let scalars = String(decoding: text, as: UTF8.self).unicodeScalars
        let leading = scalars.prefix(while: \.isPythonSpace).reduce(0) { $0 + UTF8.width($1) }
        guard leading < text.count else { return text[..<0] }
        let trailing = scalars.reversed().prefix(while: \.isPythonSpace).reduce(0) { $0 + UTF8.width($1) }
        return text[leading..<(text.count - trailing)]
    }
}
