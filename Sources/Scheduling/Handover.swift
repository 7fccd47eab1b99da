internal import Glibc

/// Hands values from one thread to another, in their order and at most so many at a time.
///
/// Both sides wait: who gives while there is no room, who takes while there is nothing. Only threads of their own may use
/// it, never the cooperative pool.
package final class Handover<Value: Sendable>: @unchecked Sendable {
    // Sendable because `values` and `isClosed` are only touched while `mutex` is held.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let capacity: Int
    private var values: [Value] = []
    private var isClosed = false

    /// One that has room for so many values, at least one.
    package init(capacity: Int) {
        self.capacity = max(1, capacity)
        mutex.initialize(to: pthread_mutex_t())
        changed.initialize(to: pthread_cond_t())
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(changed, nil)
    }

    deinit {
        pthread_cond_destroy(changed)
        pthread_mutex_destroy(mutex)
        changed.deallocate()
        mutex.deallocate()
    }

    /// Gives a value, as soon as there is room.
    ///
    /// - Parameter value: The value.
    /// - Returns: Whether it was taken over; not when this is closed.
    @discardableResult
    package func put(_ value: Value) -> Bool {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while values.count == capacity, !isClosed { pthread_cond_wait(changed, mutex) }
        guard !isClosed else { return false }
        values.append(value)
        pthread_cond_broadcast(changed)
        return true
    }

    /// Takes the next value, as soon as there is one.
    ///
    /// - Returns: The value; `nil` when this is closed and empty.
    package func take() -> Value? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while values.isEmpty, !isClosed { pthread_cond_wait(changed, mutex) }
        guard !values.isEmpty else { return nil }
        defer { pthread_cond_broadcast(changed) }
        return values.removeFirst()
    }

    /// Takes no more values; whoever waits goes on.
    package func close() {
        pthread_mutex_lock(mutex)
        isClosed = true
        pthread_cond_broadcast(changed)
        pthread_mutex_unlock(mutex)
    }
}
