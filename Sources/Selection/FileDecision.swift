/// What a selection says of a file.
package enum FileDecision: Equatable, Sendable {
    /// It is kept.
    case selected
    /// It is kept, and on no page before a time in seconds since 1970.
    case withheld(until: Int64, rule: Rule)
    /// It is left out. The reason says no place, so that it stays the same while the rule does.
    case excluded(reason: String, rule: Rule)

    /// Whether the file is to be had.
    package var isWanted: Bool {
        if case .excluded = self { false } else { true }
    }

    /// Whether it is kept and not to be shown yet.
    var isWithheld: Bool {
        if case .withheld = self { true } else { false }
    }

    /// The rule that decided; `nil` for what is simply kept.
    package var rule: Rule? {
        switch self {
        case .selected: nil
        case .withheld(_, let rule), .excluded(_, let rule): rule
        }
    }
}
