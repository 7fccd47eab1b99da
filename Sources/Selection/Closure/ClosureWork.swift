/// How much work a closure may still be, so that metadata that somebody made to be endless ends.
///
/// Counted is what takes time: a release that is compared with a clause, a requirement that is stated in a search.
struct ClosureWork: Sendable {
    /// About as much as takes a minute or two.
    static let standardLimit = 1_000_000_000
    /// After so much it is asked whether to stop.
    private static let interval = 1 << 20

    /// What is left.
    private(set) var left: Int
    private var untilCheck = Self.interval
    private let isStopped: @Sendable () -> Bool
    /// Whether somebody wanted it to stop.
    private(set) var wasStopped = false

    init(limit: Int, isStopped: @escaping @Sendable () -> Bool) {
        left = limit
        self.isStopped = isStopped
    }

    /// Whether there is nothing left.
    var isSpent: Bool { left <= 0 }
    /// Whether to go on.
    var goesOn: Bool { !wasStopped && !isSpent }

    /// Counts some work.
    ///
    /// - Returns: Whether to go on.
    mutating func spend(_ amount: Int) -> Bool {
        left -= amount
        untilCheck -= amount
        if untilCheck <= 0 {
            untilCheck = Self.interval
            if isStopped() { wasStopped = true }
        }
        return goesOn
    }
}
