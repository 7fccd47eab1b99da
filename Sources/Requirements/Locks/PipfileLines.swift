/// The lines where the parts of a `Pipfile.lock` stand.
///
/// simdjson tells no place of a value. Digests are found by themselves, objects by their names, as Pipenv writes them; a
/// package written otherwise has no line.
struct PipfileLines {
    private let bytes: [UInt8]
    private let lineStarts: [Int]
    private let digestLines: [String: Int]

    init(_ text: LockFileText) {
        bytes = text.bytes
        (lineStarts, digestLines) = Self.scan(text.bytes)
    }

    /// The line, counted from 1, of a byte.
    func line(ofByte offset: Int) -> Int {
        var low = 0
        var high = lineStarts.count
        while low < high {
            let middle = (low + high) / 2
            if lineStarts[middle] <= offset { low = middle + 1 } else { high = middle }
        }
        return max(low, 1)
    }

    /// The first line that holds a digest.
    func line(ofDigest hex: String) -> Int? { digestLines[hex] }

    /// The first line from `line` on that begins an object under a name, in JSON as `Pipfile.lock` is written.
    func line(ofMember name: String, from line: Int) -> Int? {
        let start = Array("\"\(name)\": {".utf8)
        guard line <= lineStarts.count else { return nil }
        return (line - 1..<lineStarts.count).first { content(of: $0).starts(with: start) }.map { $0 + 1 }
    }

    /// A line without white space around it.
    private func content(of line: Int) -> ArraySlice<UInt8> {
        let end = line + 1 < lineStarts.count ? lineStarts[line + 1] : bytes.count
        var content = bytes[lineStarts[line]..<end]
        while let last = content.last, last <= UInt8(ascii: " ") { content.removeLast() }
        return content.drop { $0 <= UInt8(ascii: " ") }
    }

    /// Where lines start, and on which line each run of hexadecimal digits of a digest's length stands first.
    private static func scan(_ bytes: [UInt8]) -> (starts: [Int], digests: [String: Int]) {
        let lengths: Set = [32, 40, 56, 64, 96, 128]
        var starts = [0]
        var digests: [String: Int] = [:]
        var run = 0
        for index in 0...bytes.count {
            let byte = index < bytes.count ? bytes[index] : 0
            if isDigit(byte) {
                run += 1
                continue
            }
            if run >= 32, lengths.contains(run) {
                let hex = String(decoding: bytes[index - run..<index], as: UTF8.self).lowercased()
                if digests[hex] == nil { digests[hex] = starts.count }
            }
            run = 0
            if byte == UInt8(ascii: "\n") { starts.append(index + 1) }
        }
        return (starts, digests)
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default: false
        }
    }
}
