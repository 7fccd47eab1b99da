/// Why a marker cannot be read or evaluated.
package enum MarkerError: Error, Hashable, Sendable {
    /// The text is no marker.
    case syntax(DependencySyntaxError)
    /// A comparison that has no meaning, such as `os_name ~= "posix"`, or a set on the left of an operator.
    case undefinedComparison(left: String, comparison: String, right: String)
    /// A variable that the environment does not have, such as `extras` outside of lock files, or a comparison of two
    /// texts.
    case undefinedVariable(String)
}

extension MarkerError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .syntax(let error): error.description
        case .undefinedComparison(let left, let comparison, let right):
            "the marker's comparison '\(left.printable)' \(comparison) '\(right.printable)' has no meaning"
        case .undefinedVariable(let name):
            "the marker asks for '\(name.printable)', which the environment does not have"
        }
    }
}

/// Where and why a text is no marker or requirement.
package struct DependencySyntaxError: Error, Hashable, Sendable {
    /// The whole text.
    package let text: String
    /// The place of the error, in bytes.
    package let offset: Int
    /// What should stand there.
    package let expected: String
}

extension DependencySyntaxError: CustomStringConvertible {
    package var description: String {
        let rest = String(decoding: Array(text.utf8.dropFirst(offset)), as: UTF8.self)
        let found = rest.isEmpty ? "its end" : "'\(rest.printable)'"
        return "'\(text.printable)': expected \(expected), found \(found)"
    }
}
