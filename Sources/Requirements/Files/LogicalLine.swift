/// A line of a requirement file as pip sees it: joined with those that it goes on in, and without comment.
struct LogicalLine {
    /// The number of its first line, counted from 1.
    let number: Int
    /// Its text, not empty, without white space around it.
    let text: Substring

    /// The lines of a text that say something.
    ///
    /// Lines end where Python's `splitlines` ends them. A line that ends in `\` goes on in the next one, unless it is a
    /// comment as a whole; a comment ends such a sequence. A comment starts at `#` at the start of a line or after
    /// white space, and is taken away after lines are joined.
    static func all(in text: String) -> [LogicalLine] {
        var lines: [LogicalLine] = []
        var joined = ""
        var first: Int?
        func finish(_ line: Substring, at number: Int) {
            let content = withoutComment(line)
            if !content.isEmpty { lines.append(LogicalLine(number: number, text: content)) }
        }
        for (index, line) in physicalLines(of: text).enumerated() {
            let isComment = line.first { !$0.properties.isWhitespace } == "#"
            if line.last == "\\", !isComment {
                if first == nil { first = index + 1 }
                var rest = Substring(line)
                while rest.last == "\\" { rest.removeLast() }
                joined += rest
                continue
            }
            guard let number = first else {
                finish(Substring(line), at: index + 1)
                continue
            }
            finish(Substring(joined + (isComment ? " " : "") + String(line)), at: number)
            joined = ""
            first = nil
        }
        if let number = first { finish(Substring(joined), at: number) }
        return lines
    }

    private static func physicalLines(of text: String) -> [Substring.UnicodeScalarView] {
        var lines: [Substring.UnicodeScalarView] = []
        let scalars = text.unicodeScalars
        var start = scalars.startIndex
        var index = start
        while index < scalars.endIndex {
            let scalar = scalars[index]
            var next = scalars.index(after: index)
            if isLineEnd(scalar) {
                lines.append(scalars[start..<index])
                if scalar == "\r", next < scalars.endIndex, scalars[next] == "\n" { next = scalars.index(after: next) }
                start = next
            }
            index = next
        }
        if start < scalars.endIndex { lines.append(scalars[start...]) }
        return lines
    }

    private static func isLineEnd(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x0A...0x0D, 0x1C...0x1E, 0x85, 0x2028, 0x2029: true
        default: false
        }
    }

    private static func withoutComment(_ line: Substring) -> Substring {
        var isAfterSpace = true
        var end = line.unicodeScalars.endIndex
        for index in line.unicodeScalars.indices {
            let scalar = line.unicodeScalars[index]
            if scalar == "#", isAfterSpace {
                end = index
                break
            }
            isAfterSpace = scalar.properties.isWhitespace
        }
        var content = line.unicodeScalars[..<end]
        while let last = content.last, last.properties.isWhitespace { content.removeLast() }
        return Substring(content.drop { $0.properties.isWhitespace })
    }
}
