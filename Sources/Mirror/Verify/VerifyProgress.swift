internal import Scheduling

/// How far a verification is, for those who watch it.
package final class VerifyProgress: Sendable {
    /// A verification at one moment.
    package struct Snapshot: Sendable {
        /// What is going on.
        package var phase = Phase.pages
        /// What the phase has to look at as far as it is known, and what of that is done.
        package var items = (total: 0, done: 0)
        /// Bytes to hash as far as they are known, and those that were.
        package var bytes = (total: UInt64(0), done: UInt64(0))
        /// How long after its start the verification came to this phase.
        package var phaseStart = Duration.zero
        /// What was found so far.
        package var findings = 0
    }

    /// The steps of a verification.
    package enum Phase: Sendable {
        /// Pages of the index.
        case pages
        /// Rows and records.
        case index
        /// Names and sizes of objects.
        case names
        /// Links and pages.
        case publication
        /// Bytes of objects.
        case content
        /// How old the checks are.
        case coverage
        /// Findings that are mended.
        case repair
    }

    private let state = Locked(Snapshot())
    private let start = ContinuousClock.now

    /// A verification that has not begun.
    package init() {}

    /// The verification as it is now.
    package var snapshot: Snapshot { state.withLock { $0 } }

    /// Goes on to a phase.
    func begin(_ phase: Phase, items: Int = 0) {
        let now = ContinuousClock.now - start
        state.withLock { state in
            state.phase = phase
            state.items = (items, 0)
            state.bytes = (0, 0)
            state.phaseStart = now
        }
    }

    /// Changes what is told.
    func update(_ change: (inout Snapshot) -> Void) {
        state.withLock { change(&$0) }
    }
}
