/// An option on a line of a requirement file.
struct RequirementOption: Equatable {
    /// What an option does.
    enum Action: Equatable {
        /// `-r FILE`
        case requirement
        /// `-c FILE`
        case constraint
        /// `-e PATH` or `-e URL`
        case editable
        /// `--hash ALGORITHM:DIGITS`
        case hash
        /// Another option of pip, or one that it had.
        case other
        /// No option of pip.
        case unknown
        /// No option, but a word among them.
        case word
    }

    /// What it does.
    let action: Action
    /// The option as written, without value.
    let spelling: String
    /// Its value; empty for one that takes none.
    let value: String

    /// Reads the options of a line.
    ///
    /// As Python's `optparse` does: a value follows as the next word, after `=`, or behind the letter of a short
    /// option; a long option may be shortened as long as only one fits.
    ///
    /// - Throws: ``MissingValue`` for a value that is not there.
    static func all(in words: [String]) throws(MissingValue) -> [RequirementOption] {
        var options: [RequirementOption] = []
        var rest = words[...]
        while let word = rest.popFirst() {
            guard word.hasPrefix("-"), word.utf8.count > 1 else {
                options.append(RequirementOption(action: .word, spelling: word, value: ""))
                continue
            }
            var (spelling, value) = parts(of: word)
            let known = word.hasPrefix("--") ? long(spelling) : short[spelling]
            if let known, known.takesValue, value == nil {
                value = rest.popFirst()
                if value == nil { throw MissingValue(option: spelling) }
            }
            if known == nil { spelling = word.hasPrefix("--") ? spelling : word }
            options.append(
                RequirementOption(action: known?.action ?? .unknown, spelling: spelling, value: value ?? "")
            )
        }
        return options
    }

    /// An option has no value, and needs one.
    struct MissingValue: Error {
        /// The option as written.
        let option: String
    }

    private struct Known {
        let action: Action
        let takesValue: Bool
    }

    private static let short: [String: Known] = [
        "-r": Known(action: .requirement, takesValue: true),
        "-c": Known(action: .constraint, takesValue: true),
        "-e": Known(action: .editable, takesValue: true),
        "-i": Known(action: .other, takesValue: true),
        "-f": Known(action: .other, takesValue: true),
        "-C": Known(action: .other, takesValue: true),
        "-Z": Known(action: .other, takesValue: false),
    ]

    private static let long: [String: Known] = {
        var options: [String: Known] = [
            "--requirement": Known(action: .requirement, takesValue: true),
            "--constraint": Known(action: .constraint, takesValue: true),
            "--editable": Known(action: .editable, takesValue: true),
            "--hash": Known(action: .hash, takesValue: true),
        ]
        let withValue = [
            "index-url", "pypi-url", "extra-index-url", "find-links", "no-binary", "only-binary", "all-releases",
            "only-final", "trusted-host", "use-feature", "config-settings", "config-setting", "global-option",
            "install-option", "allow-external", "allow-unverified", "no-deps-for",
        ]
        let alone = [
            "no-index", "prefer-binary", "require-hashes", "no-require-hashes", "pre", "allow-all-external",
            "process-dependency-links", "use-wheel", "no-use-wheel", "always-unzip",
        ]
        for name in withValue { options["--\(name)"] = Known(action: .other, takesValue: true) }
        for name in alone { options["--\(name)"] = Known(action: .other, takesValue: false) }
        return options
    }()

    private static func long(_ spelling: String) -> Known? {
        if let known = long[spelling] { return known }
        let fitting = long.filter { $0.key.hasPrefix(spelling) && spelling.utf8.count > 2 }
        return fitting.count == 1 ? fitting.first?.value : nil
    }

    /// The option of a word, and the value that the same word holds.
    private static func parts(of word: String) -> (String, String?) {
        if word.hasPrefix("--") {
            guard let equals = word.firstIndex(of: "=") else { return (word, nil) }
            return (String(word[..<equals]), String(word[word.index(after: equals)...]))
        }
        var rest = word.dropFirst(2)
        if rest.first == "=" { rest.removeFirst() }
        return (String(word.prefix(2)), rest.isEmpty ? nil : String(rest))
    }
}
