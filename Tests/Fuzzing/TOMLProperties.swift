import TOML

/// What holds for TOML: an input is the bytes of a document.
struct TOMLProperties {
    /// The code points of each line.
    private let lines: [[Unicode.Scalar]]

    static func check(_ input: [UInt8]) throws(PropertyViolation) {
        let properties = TOMLProperties(input)
        switch Result(catching: { () throws(TOMLError) in try TOMLDocument(input) }) {
        case .success(let document): try properties.check(document.root, depth: 1)
        case .failure(let error):
            try require(!error.message.isEmpty, "refused without words")
            try require(error.position.line >= 1 && error.position.column >= 1, "refused at \(error.position)")
            try require(error.position.line <= properties.lines.count, "refused at \(error.position)")
        }
    }

    private init(_ input: [UInt8]) {
        let text = input.starts(with: [0xEF, 0xBB, 0xBF]) ? input.dropFirst(3) : input[...]
        lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map {
            Array(String(decoding: $0, as: UTF8.self).unicodeScalars)
        }
    }

    private func check(_ table: TOMLTable, depth: Int) throws(PropertyViolation) {
        let most = (TOMLDocument.maximumDepth + 1) * TOMLDocument.maximumKeyPartCount
        try require(depth <= most, "tables are \(depth) deep")
        let members = table.members
        try require(members.count == table.count, "\(members.count) members of \(table.count)")
        for member in members {
            let start = try scalar(member.position, "the key \(member.key.debugDescription)")
            let isQuoted = start == "\"" || start == "'"
            try require(isQuoted || start == member.key.unicodeScalars.first, "\(member.key) starts with \(start)")
            let found = table.member(member.key)
            try require(found?.position == member.position, "\(member.key.debugDescription) is not found")
            try check(member.value, depth: depth + 1)
        }
    }

    private func check(_ value: TOMLValue, depth: Int) throws(PropertyViolation) {
        let start = try scalar(value.position, "\(value.kind)")
        switch value.kind {
        case .table:
            guard let table = value.table else { throw PropertyViolation(description: "a table is none") }
            try check(table, depth: depth)
        case .array:
            try require(start == "[", "an array starts with \(start)")
            guard let array = value.array else { throw PropertyViolation(description: "an array is none") }
            for element in array { try check(element, depth: depth + 1) }
        case .string:
            try require(start == "\"" || start == "'", "a string starts with \(start)")
            try checkLiteral(value.string ?? "")
        case .integer: try require(value.integer != nil, "an integer is none")
        case .float: try require(value.float != nil, "a float is none")
        case .bool: try require(value.bool == (start == "t"), "a truth value starts with \(start)")
        case .date, .time, .dateTime:
            let moment = value.moment
            try require((moment?.day != nil) == (value.kind != .time), "\(value.kind) is \(String(describing: moment))")
            try require(
                (moment?.time != nil) == (value.kind != .date),
                "\(value.kind) is \(String(describing: moment))"
            )
        }
    }

    /// The code point at a place.
    private func scalar(_ position: TOMLPosition, _ what: String) throws(PropertyViolation) -> Unicode.Scalar {
        let line = position.line - 1
        guard lines.indices.contains(line), lines[line].indices.contains(position.column - 1) else {
            throw PropertyViolation(description: "\(what) is at \(position), beyond the text")
        }
        return lines[line][position.column - 1]
    }

    private func checkLiteral(_ text: String) throws(PropertyViolation) {
        let document = try? TOMLDocument("v = \(tomlLiteral(text))")
        try require(
            document?.root["v"]?.string?.isSameBytes(as: text) ?? false,
            "\(text.debugDescription) is not read back"
        )
    }
}
