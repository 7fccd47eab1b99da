/// The words of options, split as a POSIX shell does (Python's `shlex`).
enum ShellWords {
    /// Splits a text at white space; quotes and backslashes keep it together.
    ///
    /// - Returns: The words; `nil` when a quote is not closed, or nothing follows a backslash.
    static func split(_ text: Substring) -> [String]? {
        var words: [String] = []
        var word: String.UnicodeScalarView?
        var quote: Unicode.Scalar?
        var isEscaped = false
        for scalar in text.unicodeScalars {
            if isEscaped {
                // Within double quotes a backslash is special before these two only.
                if quote == "\"", scalar != "\"", scalar != "\\" { word?.append("\\") }
                word = (word ?? .init()) + [scalar]
                isEscaped = false
                continue
            }
            switch (scalar, quote) {
            case ("\\", nil), ("\\", "\""):
                isEscaped = true
                word = word ?? .init()
            case ("'", nil), ("\"", nil):
                quote = scalar
                word = word ?? .init()
            case (let scalar, let open?) where scalar == open:
                quote = nil
            case (let scalar, nil) where scalar.properties.isWhitespace:
                if let finished = word { words.append(String(finished)) }
                word = nil
            default:
                if word == nil { word = .init() }
                word?.append(scalar)
            }
        }
        guard quote == nil, !isEscaped else { return nil }
        if let finished = word { words.append(String(finished)) }
        return words
    }
}
