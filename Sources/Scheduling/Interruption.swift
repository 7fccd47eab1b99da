internal import Synchronization

/// Tells threads, which belong to no task, that the task they work for was cancelled.
package final class Interruption: Sendable {
    private let flag = Atomic<Bool>(false)

    /// Nothing is interrupted yet.
    package init() {}

    /// Whether the work is to end.
    package var isRequested: Bool { flag.load(ordering: .relaxed) }

    /// Has the work end; there is no way back.
    package func request() {
        flag.store(true, ordering: .relaxed)
    }

    /// Runs `body`, and has the work end when the task is cancelled meanwhile.
    ///
    /// - Throws: What `body` throws.
    package func whenCancelled<Success: Sendable, Failure: Error>(
        during body: () async throws(Failure) -> Success
    ) async throws(Failure) -> Success {
        let result: Result<Success, Failure> = await withTaskCancellationHandler {
            do throws(Failure) {
                return .success(try await body())
            } catch {
                return .failure(error)
            }
        } onCancel: {
            request()
        }
        return try result.get()
    }
}
