internal import CLinux

/// Turns SIGINT and SIGTERM into one call; after it, the next signal ends the process as usual.
///
/// A process has one at a time. It needs no descriptor and no queue, so that it works when those are short.
package struct SignalWatch {
    private let isStopped = Locked(false)

    /// Begins to watch.
    ///
    /// - Parameter stop: Called once, on a thread of its own, when a signal came.
    package init(_ stop: @escaping @Sendable () -> Void) {
        larder_watch_signals()
        let isStopped = isStopped
        Thread.start(name: "larder-signals") {
            larder_wait_for_signal()
            guard !isStopped.withLock({ $0 }) else { return }
            stop()
        }
    }

    /// Ends watching.
    package func stop() {
        isStopped.withLock { $0 = true }
        larder_end_signal_watch()
    }
}
