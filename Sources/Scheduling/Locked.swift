internal import Glibc

/// A value that one thread at a time may touch.
///
/// It stands on `pthread_mutex_t`, not on `Synchronization.Mutex`, because thread sanitizer on Linux does not know the
/// latter and reports races that are none.
package final class Locked<Value>: @unchecked Sendable {
    // Sendable because every access to `value` holds `mutex`.
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private var value: Value

    /// Puts a value under a lock.
    package init(_ value: sending Value) {
        mutex = .allocate(capacity: 1)
        mutex.initialize(to: pthread_mutex_t())
        pthread_mutex_init(mutex, nil)
        self.value = value
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deinitialize(count: 1)
        mutex.deallocate()
    }

    /// Runs `body` with the value, while no other thread has it.
    ///
    /// Never wait for anything in `body`.
    package func withLock<Result, Failure: Error>(
        _ body: (inout Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body(&value)
    }
}
