internal import Glibc

/// Threads of their own for work that blocks: disk, digests, parsing of large pages.
///
/// Swift's cooperative pool is as wide as the machine has cores and must never wait; whoever calls a system call that
/// may block runs it here. Jobs start in the order in which they were handed over. The callers bound their own number
/// of outstanding jobs (each waits for its result), so the queue is bounded by the number of waiting tasks.
package final class WorkerPool: Sendable {
    private let queue: JobQueue
    private let threadCount: Int

    /// Starts the threads.
    ///
    /// - Parameters:
    ///   - name: What the threads are called in debuggers, at most 15 bytes.
    ///   - threadCount: How many there are, at least one.
    package init(name: String, threadCount: Int) {
        queue = JobQueue()
        self.threadCount = max(1, threadCount)
        for _ in 0..<self.threadCount {
            Thread.start(name: name) { [queue] in
                while let job = queue.next() { job() }
            }
        }
    }

    deinit {
        queue.close()
    }

    /// Runs `body` on one of the threads and waits for its result.
    ///
    /// - Throws: What `body` throws.
    package func run<Result: Sendable, Failure: Error>(
        _ body: @escaping @Sendable () throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        // Continuations carry `any Error`; the typed error travels inside a result instead.
        let result: Swift.Result<Result, Failure> = await withCheckedContinuation { continuation in
            queue.append {
                let result: Swift.Result<Result, Failure>
                do throws(Failure) {
                    result = .success(try body())
                } catch {
                    result = .failure(error)
                }
                continuation.resume(returning: result)
            }
        }
        return try result.get()
    }

    /// Hands over `body` without waiting for it.
    package func submit(_ body: @escaping @Sendable () -> Void) {
        queue.append(body)
    }

    /// Runs `body` once for each index below `count`, spread over the threads, and waits for all.
    ///
    /// - Throws: The first error by index; the other calls run to their end all the same.
    package func forEach<Failure: Error>(
        count: Int,
        _ body: @escaping @Sendable (Int) throws(Failure) -> Void
    ) async throws(Failure) {
        guard count > 0 else { return }
        let stride = min(threadCount, count)
        let failures = Locked<[Int: Failure]>([:])
        await withTaskGroup(of: Void.self) { group in
            for offset in 0..<stride {
                group.addTask {
                    await self.run {
                        var index = offset
                        while index < count {
                            do throws(Failure) {
                                try body(index)
                            } catch {
                                failures.withLock { $0[index] = error }
                            }
                            index += stride
                        }
                    }
                }
            }
        }
        if let first = failures.withLock({ failures in failures.min { $0.key < $1.key } }) { throw first.value }
    }
}

/// A queue of jobs for several threads.
private final class JobQueue: @unchecked Sendable {
    // Sendable because `jobs`, `head` and `isClosed` are only touched while `mutex` is held.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var jobs: [(@Sendable () -> Void)?] = []
    private var head = 0
    private var isClosed = false

    init() {
        mutex.initialize(to: pthread_mutex_t())
        condition.initialize(to: pthread_cond_t())
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    func append(_ job: @escaping @Sendable () -> Void) {
        pthread_mutex_lock(mutex)
        jobs.append(job)
        pthread_cond_signal(condition)
        pthread_mutex_unlock(mutex)
    }

    /// The next job, waiting for one; `nil` once the queue is closed and empty.
    func next() -> (@Sendable () -> Void)? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while head == jobs.count {
            if isClosed { return nil }
            pthread_cond_wait(condition, mutex)
        }
        let job = jobs[head]
        jobs[head] = nil
        head += 1
        if head == jobs.count {
            jobs.removeAll(keepingCapacity: true)
            head = 0
        } else if head >= 1_024 {
            jobs.removeFirst(head)
            head = 0
        }
        return job
    }

    func close() {
        pthread_mutex_lock(mutex)
        isClosed = true
        pthread_cond_broadcast(condition)
        pthread_mutex_unlock(mutex)
    }
}
