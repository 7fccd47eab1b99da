internal import CLinux
internal import Glibc

/// A detached thread of the system.
package enum Thread {
    /// Starts `body` on a thread of its own.
    ///
    /// Asynchronous signals are blocked on it, so that they reach the main thread.
    ///
    /// - Parameters:
    ///   - name: What the thread is called in debuggers, at most 15 bytes.
    ///   - body: What runs; the thread ends with it.
    package static func start(name: String, _ body: @escaping @Sendable () -> Void) {
        let start = Unmanaged.passRetained(ThreadStart(name: name, body: body))
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        var thread = pthread_t()
        let code = pthread_create(
            &thread,
            &attributes,
            { @Sendable context in Thread.enter(context) },
            start.toOpaque()
        )
        pthread_attr_destroy(&attributes)
        precondition(code == 0, "the system starts no more threads: error \(code)")
    }

    private static func enter(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        guard let context else { return nil }
        let start = Unmanaged<ThreadStart>.fromOpaque(context).takeRetainedValue()
        var signals = sigset_t()
        sigfillset(&signals)
        for fault in [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP] { sigdelset(&signals, fault) }
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        larder_set_thread_name(String(start.name.prefix(15)))
        start.body()
        return nil
    }
}

private final class ThreadStart: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
    }
}
