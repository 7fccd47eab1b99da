internal import Scheduling

/// How far an export or an import is, for those who watch it.
package final class BundleProgress: Sendable {
    /// The steps of an export, and of an import.
    package enum Phase: Sendable {
        /// It is found out what is to be carried.
        case planning
        /// Volumes are written, or read.
        case volumes
        /// Objects and records get their places.
        case placing
        /// Readers get to see it.
        case publishing
    }

    /// An export or an import at one moment.
    package struct Snapshot: Sendable {
        /// What is going on.
        package var phase = Phase.planning
        /// Volumes, and those that are done.
        package var volumes = (total: 0, done: 0)
        /// Bytes of members, and those that are done.
        package var bytes = (total: UInt64(0), done: UInt64(0))
        /// Projects, and those that are done.
        package var projects = (total: 0, done: 0)
        /// How long after its start it came to this phase.
        package var phaseStart = Duration.zero
    }

    private let state = Locked(Snapshot())
    private let start = ContinuousClock.now

    /// One that has not begun.
    package init() {}

    /// As it is now.
    package var snapshot: Snapshot { state.withLock { $0 } }

    /// Goes on to a phase.
    func begin(_ phase: Phase) {
        let now = ContinuousClock.now - start
        state.withLock { state in
            state.phase = phase
            state.phaseStart = now
        }
    }

    /// Changes what is told.
    func update(_ change: (inout Snapshot) -> Void) {
        state.withLock { change(&$0) }
    }
}
