/// A marker (PEP 508, PEP 751): a condition on the environment, such as `python_version < "3.11" and extra == "dev"`.
///
/// Read as the `packaging` library reads it, but for string escapes that Python knows and nobody writes: `\N{…}` and
/// halves of surrogate pairs are refused. Equal are markers with the same text in ``description``.
package struct Marker: Sendable {
    /// How deeply parentheses may nest; more is refused.
    package static let maximumDepth = 64

    /// The operators of comparisons.
    enum Operator: String, Sendable {
        case identical = "==="
        case equal = "=="
        case compatible = "~="
        case notEqual = "!="
        case lessOrEqual = "<="
        case greaterOrEqual = ">="
        case less = "<"
        case greater = ">"
        case isIn = "in"
        case isNotIn = "not in"
    }

    /// One side of a comparison.
    enum Value: Sendable {
        case variable(MarkerVariable)
        case text(String)

        /// The text, or the variable's name, which is what `packaging` compares with on the right of a variable.
        var name: String {
            switch self {
            case .variable(let variable): variable.rawValue
            case .text(let text): text
            }
        }
    }

    /// A comparison.
    struct Comparison: Sendable {
        var left: Value
        var comparison: Operator
        var right: Value
    }

    /// What stands between `and` and `or`.
    indirect enum Term: Sendable {
        case comparison(Comparison)
        /// A marker in parentheses.
        case group([[Term]])
    }

    /// What is joined by `or`, each a list of what is joined by `and`.
    let alternatives: [[Term]]

    /// Reads a marker.
    ///
    /// - Throws: ``MarkerError/syntax(_:)`` for what is none.
    package static func parse(_ text: some StringProtocol) throws(MarkerError) -> Marker {
        var scanner = DependencyScanner(text)
        do throws(DependencySyntaxError) {
            let marker = try Marker(&scanner)
            try scanner.expectEnd("the end of the marker")
            return marker
        } catch {
            throw .syntax(error)
        }
    }

    init(alternatives: [[Term]]) {
        self.alternatives = alternatives
    }

    /// The variables that the marker names.
    package var variables: Set<MarkerVariable> {
        var found: Set<MarkerVariable> = []
        Self.collect(alternatives, into: &found)
        return found
    }

    private static func collect(_ alternatives: [[Term]], into found: inout Set<MarkerVariable>) {
        for term in alternatives.joined() {
            switch term {
            case .group(let inner): collect(inner, into: &found)
            case .comparison(let comparison):
                for case .variable(let variable) in [comparison.left, comparison.right] { found.insert(variable) }
            }
        }
    }
}

extension Marker: CustomStringConvertible {
    /// The normal form: one space between all, double quotes where they can be, no parentheses around the whole or
    /// around one comparison.
    package var description: String { Self.describe(alternatives, isOutermost: true) }

    private static func describe(_ alternatives: [[Term]], isOutermost: Bool) -> String {
        if alternatives.count == 1, alternatives[0].count == 1 {
            return describe(alternatives[0][0], isOutermost: isOutermost)
        }
        let text = alternatives.map { terms in
            terms.map { describe($0, isOutermost: false) }.joined(separator: " and ")
        }
        .joined(separator: " or ")
        return isOutermost ? text : "(\(text))"
    }

    private static func describe(_ term: Term, isOutermost: Bool) -> String {
        switch term {
        case .group(let inner): return describe(inner, isOutermost: isOutermost)
        case .comparison(let item):
            return "\(describe(item.left)) \(item.comparison.rawValue) \(describe(item.right))"
        }
    }

    private static func describe(_ value: Value) -> String {
        switch value {
        case .variable(let variable): return variable.rawValue
        case .text(let text):
            if !text.utf8.contains(UInt8(ascii: "\"")) { return "\"\(text)\"" }
            if !text.utf8.contains(UInt8(ascii: "'")) { return "'\(text)'" }
            // A quote ends the text whatever stands before it, so that it cannot follow a backslash.
            let escaped = text.unicodeScalars.map { $0 == "\"" ? "\\x22" : $0 == "\\" ? "\\\\" : "\($0)" }
            return "\"\(escaped.joined())\""
        }
    }
}

extension Marker: Hashable {
    package static func == (left: Self, right: Self) -> Bool { left.description.isSameText(as: right.description) }

    package func hash(into hasher: inout Hasher) { hasher.combine(description) }
}
