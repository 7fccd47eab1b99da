package import SystemPackage

/// One thing that is wrong in a file that people write, and where.
package struct ConfigurationProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file, as the person knows it: `larder.toml`, `projects.txt`, `upstream.secret`.
    package var file: String

    /// The line, counted from 1; `nil` where the problem belongs to no line, as a key that is missing.
    package var line: Int?

    /// The column, counted from 1; known only for errors of TOML syntax.
    package var column: Int?

    /// What is wrong, and what to write instead: one line, never a secret.
    package let message: String

    /// Describes a problem.
    ///
    /// Control characters in the message become `?`, since it may quote what a file holds.
    package init(file: String, line: Int? = nil, column: Int? = nil, message: String) {
        self.file = file
        self.line = line
        self.column = column
        self.message = String(message.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? "?" : Character($0) })
    }

    package var description: String {
        var place = file
        if let line { place += ":\(line)" }
        if line != nil, let column { place += ":\(column)" }
        return "\(place): \(message)"
    }
}

/// Everything that is wrong in a configuration, so that it can be put right in one go.
package struct ConfigurationError: Error, Equatable, CustomStringConvertible {
    /// The problems in the order of the file, those without a line last; never empty.
    package let problems: [ConfigurationProblem]

    /// Why a file could not be read, which says nothing about what is in it; `nil` when something in it is wrong.
    package let cause: Errno?

    /// Sorts the problems by line; problems of one line keep their order.
    ///
    /// - Parameters:
    ///   - problems: The problems, at least one.
    ///   - cause: Why a file could not be read.
    package init(_ problems: [ConfigurationProblem], cause: Errno? = nil) {
        self.cause = cause
        self.problems = problems.enumerated()
            .sorted { left, right in
                (left.element.line ?? .max, left.offset) < (right.element.line ?? .max, right.offset)
            }
            .map(\.element)
    }

    /// One line for each problem.
    package var description: String {
        problems.map(\.description).joined(separator: "\n")
    }
}
