import Scheduling
import Testing

struct SchedulingTests {
    private struct Rejected: Error, Equatable {
        let index: Int
    }

    @Test("57: a budget is never exceeded, and wakes every waiter")
    func aBudgetIsNeverExceededAndWakesEveryWaiter() async {
        let budget = Budget(items: 7, bytes: 1_000)
        let use = Locked((items: 0, bytes: 0, most: 0, mostBytes: 0, done: 0))
        await withTaskGroup(of: Void.self) { group in
            var random = SeededGenerator(1)
            for _ in 0..<1_000 {
                let bytes = Int(random.next() % 400)
                group.addTask {
                    await budget.with(bytes: bytes) {
                        use.withLock { use in
                            use.items += 1
                            use.bytes += bytes
                            use.most = max(use.most, use.items)
                            use.mostBytes = max(use.mostBytes, use.bytes)
                        }
                        await Task.yield()
                        use.withLock { use in
                            use.items -= 1
                            use.bytes -= bytes
                            use.done += 1
                        }
                    }
                }
            }
        }
        let end = use.withLock { $0 }
        #expect(end.done == 1_000)
        #expect(end.most <= 7)
        #expect(end.mostBytes <= 1_000)
        #expect(end.items == 0)
    }

    @Test("57: an item larger than the budget goes alone")
    func anItemLargerThanTheBudgetGoesAlone() async {
        let budget = Budget(items: 10, bytes: 100)
        let inside = Locked((bytes: 0, wrong: 0, done: 0))
        await withTaskGroup(of: Void.self) { group in
            for index in 0..<200 {
                let bytes = index % 10 == 0 ? 5_000 : 30
                group.addTask {
                    await budget.acquire(bytes: bytes)
                    inside.withLock { inside in
                        inside.bytes += bytes
                        if inside.bytes > 100, inside.bytes != 5_000 { inside.wrong += 1 }
                    }
                    await Task.yield()
                    inside.withLock { inside in
                        inside.bytes -= bytes
                        inside.done += 1
                    }
                    budget.release(bytes: bytes)
                }
            }
        }
        #expect(inside.withLock { $0.done } == 200)
        #expect(inside.withLock { $0.wrong } == 0)
    }

    @Test func waitersAreServedInTheirOrder() async throws {
        let budget = Budget(items: 1)
        let order = Locked<[Int]>([])
        await budget.acquire()
        await withTaskGroup(of: Void.self) { group in
            for index in 0..<1_500 {
                group.addImmediateTask {
                    await budget.acquire()
                    order.withLock { $0.append(index) }
                    budget.release()
                }
            }
            budget.release()
        }
        #expect(order.withLock { $0 } == Array(0..<1_500))
    }

    @Test func aSmallItemDoesNotOvertakeALargeOne() async {
        let budget = Budget(items: 10, bytes: 100)
        let order = Locked<[String]>([])
        await budget.acquire(bytes: 60)
        await withTaskGroup(of: Void.self) { group in
            for (name, bytes) in [("large", 100), ("small", 1)] {
                group.addImmediateTask {
                    await budget.acquire(bytes: bytes)
                    order.withLock { $0.append(name) }
                    budget.release(bytes: bytes)
                }
            }
            #expect(order.withLock { $0 }.isEmpty)
            budget.release(bytes: 60)
        }
        #expect(order.withLock { $0 } == ["large", "small"])
    }

    @Test(arguments: [1, 2, 8]) func forEachCallsEveryIndexAndThrowsTheFirstErrorByIndex(threads: Int) async throws {
        let pool = WorkerPool(name: "each", threadCount: threads)
        let called = Locked<[Int]>([])
        let error = await #expect(throws: Rejected.self) {
            try await pool.forEach(count: 100) { index throws(Rejected) in
                called.withLock { $0.append(index) }
                if index % 30 == 29 { throw Rejected(index: index) }
            }
        }
        #expect(error == Rejected(index: 29))
        #expect(called.withLock { $0.sorted() } == Array(0..<100))
        try await pool.forEach(count: 0) { index throws(Rejected) in throw Rejected(index: index) }
    }

    @Test func aPoolRunsWhatWasSubmittedBeforeItWentAway() async {
        let done = Locked(0)
        var pool: WorkerPool? = WorkerPool(name: "late", threadCount: 2)
        for _ in 0..<3_000 { pool?.submit { done.withLock { $0 += 1 } } }
        pool = nil
        while done.withLock({ $0 }) < 3_000 { await Task.yield() }
        #expect(done.withLock { $0 } == 3_000)
    }

    @Test func jobsOfOneThreadRunInTheirOrder() async {
        let pool = WorkerPool(name: "one", threadCount: 1)
        let order = Locked<[Int]>([])
        for index in 0..<2_500 { pool.submit { order.withLock { $0.append(index) } } }
        await pool.run {}
        #expect(order.withLock { $0 } == Array(0..<2_500))
    }

    @Test func aLockKeepsThreadsApartAndIsFreeAfterAnError() async {
        let count = Locked(0)
        let pool = WorkerPool(name: "count", threadCount: 4)
        await pool.forEach(count: 4) { _ in
            for _ in 0..<10_000 { count.withLock { $0 += 1 } }
        }
        #expect(throws: Rejected.self) {
            try count.withLock { (_) throws(Rejected) in throw Rejected(index: 0) }
        }
        #expect(count.withLock { $0 } == 40_000)
    }
}
