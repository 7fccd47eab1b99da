/// Something that has to hold for every input, and did not for one.
package struct PropertyViolation: Error, CustomStringConvertible {
    /// What does not hold.
    package let description: String
}

/// - Throws: ``PropertyViolation`` unless a condition holds.
func require(_ condition: Bool, _ what: @autoclosure () -> String) throws(PropertyViolation) {
    guard condition else { throw PropertyViolation(description: what()) }
}

/// Checks that a text for people is one line, and holds nothing that a terminal acts upon.
///
/// - Throws: ``PropertyViolation`` when it does not.
func requirePrintable(_ text: String) throws(PropertyViolation) {
    let bad = text.unicodeScalars.first { $0.properties.generalCategory == .control || $0.properties.isBidiControl }
    try require(bad == nil && !text.isEmpty, "not a line for people: \(text.debugDescription)")
}

extension String {
    /// Whether two texts are the same bytes; `==` takes canonically equivalent ones for equal.
    func isSameBytes(as other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}
