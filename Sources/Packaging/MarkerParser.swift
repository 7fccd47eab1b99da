/// The grammar of markers, as the `packaging` library has it.
extension Marker {
    /// Reads `term (and|or term)*` up to where it ends.
    init(_ scanner: inout DependencyScanner) throws(DependencySyntaxError) {
        self.init(alternatives: try Self.parseAlternatives(&scanner))
    }

    private static func parseAlternatives(
        _ scanner: inout DependencyScanner
    ) throws(DependencySyntaxError) -> [[Term]] {
        var alternatives = [[try parseTerm(&scanner)]]
        while true {
            if scanner.takeWord("or") {
                alternatives.append([try parseTerm(&scanner)])
            } else if scanner.takeWord("and") {
                alternatives[alternatives.count - 1].append(try parseTerm(&scanner))
            } else {
                return alternatives
            }
        }
    }

    private static func parseTerm(_ scanner: inout DependencyScanner) throws(DependencySyntaxError) -> Term {
        scanner.takeSpace()
        let open = scanner.position
        guard scanner.take("(") else { return .comparison(try parseComparison(&scanner)) }
        scanner.depth += 1
        guard scanner.depth <= maximumDepth
        else { throw scanner.expected("no more than \(maximumDepth) parentheses within each other", at: open) }
        scanner.takeSpace()
        let inner = try parseAlternatives(&scanner)
        scanner.takeSpace()
        guard scanner.take(")") else { throw scanner.expected("'and', 'or' or ')'") }
        scanner.depth -= 1
        scanner.takeSpace()
        return .group(inner)
    }

    private static func parseComparison(
        _ scanner: inout DependencyScanner
    ) throws(DependencySyntaxError) -> Comparison {
        let left = try parseValue(&scanner)
        scanner.takeSpace()
        let comparison = try parseOperator(&scanner)
        scanner.takeSpace()
        let right = try parseValue(&scanner)
        scanner.takeSpace()
        return normalized(Comparison(left: left, comparison: comparison, right: right))
    }

    private static func parseValue(_ scanner: inout DependencyScanner) throws(DependencySyntaxError) -> Value {
        let start = scanner.position
        if let quoted = scanner.takeQuoted() {
            guard let text = PythonString.value(of: quoted)
            else { throw scanner.expected("a text without broken escapes", at: start) }
            return .text(text)
        }
        // Dots are part of legacy spellings only; another one ends the name, and nothing goes on with a dot.
        let name = scanner.takeRun { byte in
            byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".")
                || byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z")
        }
        guard let variable = MarkerVariable(spelled: String(name))
        else { throw scanner.expected("a variable of markers or a text in quotes", at: start) }
        return .variable(variable)
    }

    private static func parseOperator(_ scanner: inout DependencyScanner) throws(DependencySyntaxError) -> Operator {
        if scanner.takeWord("in") { return .isIn }
        if scanner.takeWord("not") {
            guard scanner.takeSpace(), scanner.takeWord("in") else { throw scanner.expected("'in' after 'not'") }
            return .isNotIn
        }
        // Longer ones before those that they start with.
        if scanner.take("===") { return .identical }
        if scanner.take("==") { return .equal }
        if scanner.take("~=") { return .compatible }
        if scanner.take("!=") { return .notEqual }
        if scanner.take("<=") { return .lessOrEqual }
        if scanner.take(">=") { return .greaterOrEqual }
        if scanner.take("<") { return .less }
        if scanner.take(">") { return .greater }
        throw scanner.expected("an operator: <= < != == >= > ~= === in, not in")
    }

    /// A comparison whose text is normalized where it is compared with names of extras (PEP 685, PEP 735).
    private static func normalized(_ comparison: Comparison) -> Comparison {
        var result = comparison
        switch (comparison.left, comparison.right) {
        case (.variable(.extra), .text(let text)):
            result.right = .text(ExtraName(text).normalized)
        case (.text(let text), .variable(let variable)) where variable == .extra || variable.isSet:
            result.left = .text(ExtraName(text).normalized)
        default: break
        }
        return result
    }
}
