/// Why a text is no version specifier of PEP 440.
package struct VersionSpecifierError: Error, Hashable, Sendable {
    /// What is wrong with a clause.
    package enum Reason: Hashable, Sendable {
        /// It starts with none of the operators.
        case noOperator
        /// What follows the operator is no version of PEP 440.
        case noVersion(String)
        /// `.*` behind another operator than `==` and `!=`.
        case wildcardNotAllowed
        /// `.*` behind more than an epoch and a release.
        case wildcardAfterSuffix
        /// A local version behind another operator than `==`, `!=` and `===`.
        case localNotAllowed
        /// `~=` with a release of one number only.
        case compatibleNeedsTwoNumbers
        /// White space, `;` or `)` in the text behind `===`.
        case textNotAllowed
    }

    /// The clause as spelled.
    package let clause: String
    /// What is wrong with it.
    package let reason: Reason
}

extension VersionSpecifierError: CustomStringConvertible {
    package var description: String {
        let why =
            switch reason {
            case .noOperator: "it starts with none of ~= == != <= >= < > ==="
            case .noVersion(let text): "'\(text.printable)' is no version of PEP 440"
            case .wildcardNotAllowed: "'.*' goes with == and != only"
            case .wildcardAfterSuffix: "'.*' follows the numbers of a release only"
            case .localNotAllowed: "a local version goes with == and != only"
            case .compatibleNeedsTwoNumbers: "~= needs a version of two numbers at least, such as ~=1.4"
            case .textNotAllowed: "white space, ';' and ')' cannot stand behind ==="
            }
        return "'\(clause.printable)' is no version specifier: \(why)"
    }
}
