import Dispatch
import Glibc

/// Turns SIGINT and SIGTERM into one call; after it, the next signal ends the process as usual.
struct SignalWatch {
    private let sources: [any DispatchSourceSignal]

    /// Begins to watch.
    init(_ stop: @escaping @Sendable () -> Void) {
        let queue = DispatchQueue(label: "larder-signals")
        sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler {
                signal(number, SIG_DFL)
                stop()
            }
            source.resume()
            return source
        }
    }

    /// Ends watching.
    func stop() {
        for source in sources { source.cancel() }
    }
}
