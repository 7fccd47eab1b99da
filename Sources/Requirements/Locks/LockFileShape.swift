/// What the TOML parser must not be given: it ends the process at some malformed input instead of refusing it.
///
/// toml++ 3.4, which TOMLKit brings, asserts what it should check: that a key follows the `[` of a header, that a value
/// follows `[` or `,` in an array, and that a time is whole. Lock files are written by programs, line by line and
/// without strings over several lines; one that is not is refused here, before the parser sees it.
struct LockFileShape {
    /// A line that is not as tools write lock files.
    struct Flaw: Error {
        /// The line, counted from 1.
        let line: Int
        /// What is wrong, for people.
        let message: String
    }

    /// The text with `"` for each string and `#` for each comment.
    private var skeleton: [UInt8] = []
    private var line = 1

    /// Looks through a text in UTF-8.
    ///
    /// - Throws: ``Flaw`` for what the parser may not be given.
    static func check(_ bytes: [UInt8]) throws(Flaw) {
        var shape = LockFileShape()
        try shape.drawSkeleton(of: bytes)
        try shape.checkHeadersAndArrays()
        try shape.checkTimes()
    }

    private mutating func drawSkeleton(of bytes: [UInt8]) throws(Flaw) {
        skeleton.reserveCapacity(bytes.count / 4)
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "'"):
                if bytes[index...].prefix(3).count(where: { $0 == byte }) == 3 {
                    throw Flaw(line: line, message: "a string over several lines, which no lock file has")
                }
                index = Self.endOfString(bytes, from: index)
                skeleton.append(UInt8(ascii: "\""))
            case UInt8(ascii: "#"):
                index = bytes[index...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
                skeleton.append(byte)
            default:
                if byte == UInt8(ascii: "\n") { line += 1 }
                skeleton.append(byte)
                index += 1
            }
        }
    }

    /// Where a string of one line ends; an open one goes to the end of its line.
    private static func endOfString(_ bytes: [UInt8], from start: Int) -> Int {
        var index = start + 1
        while index < bytes.count, bytes[index] != UInt8(ascii: "\n") {
            if bytes[index] == bytes[start] { return index + 1 }
            let isEscape = bytes[index] == UInt8(ascii: "\\") && bytes[start] == UInt8(ascii: "\"")
            index += isEscape && index + 1 < bytes.count && bytes[index + 1] != UInt8(ascii: "\n") ? 2 : 1
        }
        return index
    }

    private mutating func checkHeadersAndArrays() throws(Flaw) {
        line = 1
        var isLineStart = true
        for index in skeleton.indices {
            let byte = skeleton[index]
            if byte == UInt8(ascii: "\n") {
                line += 1
                isLineStart = true
                continue
            }
            if Self.isSpace(byte) { continue }
            if byte == UInt8(ascii: "["), isLineStart {
                var next = index + 1
                if next < skeleton.count, skeleton[next] == byte { next += 1 }
                while next < skeleton.count, Self.isSpace(skeleton[next]) { next += 1 }
                // A carriage return is no white space there.
                guard next == skeleton.count || Self.startsKey(skeleton[next]) else {
                    throw Flaw(line: line, message: "a table without name")
                }
            }
            isLineStart = false
            guard byte == UInt8(ascii: "[") || byte == UInt8(ascii: ",") else { continue }
            guard byteAfterBlank(index) != UInt8(ascii: "}") else {
                throw Flaw(line: line, message: "'}' where a value belongs")
            }
        }
    }

    /// The next byte that is no white space and no comment.
    private func byteAfterBlank(_ index: Int) -> UInt8? {
        var next = index + 1
        while next < skeleton.count {
            let byte = skeleton[next]
            guard
                Self.isSpace(byte) || byte == UInt8(ascii: "\r") || byte == UInt8(ascii: "\n")
                    || byte == UInt8(ascii: "#")
            else { return byte }
            next += 1
        }
        return nil
    }

    private mutating func checkTimes() throws(Flaw) {
        line = 1
        var index = 0
        while index < skeleton.count {
            if skeleton[index] == UInt8(ascii: "\n") { line += 1 }
            guard Self.isWordByte(skeleton[index]) else {
                index += 1
                continue
            }
            let end = skeleton[index...].firstIndex { !Self.isWordByte($0) } ?? skeleton.count
            let word = skeleton[index..<end]
            index = end
            guard let first = word.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first),
                word.contains(UInt8(ascii: ":")) || word.count > 4 && word[word.startIndex + 4] == UInt8(ascii: "-")
            else { continue }
            let text = String(decoding: word.prefix(65), as: UTF8.self)
            let isWhole = text.utf8.count <= 64 && text.wholeMatch(of: Self.time) != nil
            guard isWhole else { throw Flaw(line: line, message: "a date or time that is not whole") }
        }
    }

    /// A date, a time, or both, as RFC 3339 has them.
    private static var time: Regex<(Substring, Substring?, Substring?, Substring?)> {
        #/
        ([0-9]{4}-[0-9]{2}-[0-9]{2}[Tt])?[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+\-][0-9]{2}:[0-9]{2})?
        |[0-9]{4}-[0-9]{2}-[0-9]{2}
        /#
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
    }

    /// Whether a byte begins a key, or closes a header that has none, which the parser refuses itself.
    private static func startsKey(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "\""),
            UInt8(ascii: "]"):
            true
        default: false
        }
    }

    /// Whether a byte stands within words: all but the ASCII marks of TOML and white space.
    private static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: ":"), UInt8(ascii: "_"): true
        case UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"), 0x20...0x2F, 0x3A...0x40, 0x5B...0x60,
            0x7B...0x7E:
            false
        default: true
        }
    }
}
