import Testing
import Transfer

@Suite("Rates, without network and clock")
struct TokenBucketTests {
    private let start = ContinuousClock.now

    @Test("65: in any time, no more than the rate and one second's worth; and no less, if somebody always takes")
    func anyWindow() {
        var generator = SeededGenerator(state: 5)
        for rate in [0.3, 1, 2.5, 7, 100, 12_345] {
            var bucket = TokenBucket(rate: rate, now: start)
            var taken: [(seconds: Double, count: Int)] = []
            var clock = start
            for _ in 0..<300 {
                let count = bucket.available(at: clock)
                bucket.take(count, at: clock)
                taken.append((Self.seconds(start.duration(to: clock)), count))
                // Now and then after a pause, mostly as soon as there is something.
                let next = bucket.instant(of: 1, after: clock)
                let pause = Int.random(in: 0..<10, using: &generator)
                clock = pause == 0 ? next + .milliseconds(Int.random(in: 0...5_000, using: &generator)) : next
            }
            for first in taken.indices {
                var sum = 0
                for last in taken[first...].indices {
                    sum += taken[last].count
                    let seconds = taken[last].seconds - taken[first].seconds
                    #expect(Double(sum) <= max(1, rate) + rate * seconds + 1e-3)
                }
            }
        }
        var greedy = TokenBucket(rate: 3.5, now: start)
        var (clock, sum) = (start, 0)
        while start.duration(to: clock) < .seconds(100) {
            let count = greedy.available(at: clock)
            greedy.take(count, at: clock)
            sum += count
            clock = greedy.instant(of: 1, after: clock)
        }
        #expect(sum >= 350)
    }

    @Test("65: after a pause of any length, one second's worth may be taken at once")
    func burst() {
        var bucket = TokenBucket(rate: 20, now: start)
        #expect(bucket.available(at: start) == 20)
        bucket.take(20, at: start)
        #expect(bucket.available(at: start) == 0)
        #expect(bucket.available(at: start + .milliseconds(501)) == 10)
        #expect(bucket.available(at: start + .seconds(3_600)) == 20)
        #expect(bucket.available(at: start + .seconds(1)) == 20)
    }

    @Test("65: what was taken beyond what there was is waited for")
    func debt() {
        var bucket = TokenBucket(rate: 10, now: start)
        bucket.take(40, at: start)
        #expect(bucket.isInDebt(at: start) == true && bucket.available(at: start) == 0)
        let due = bucket.instant(of: 1, after: start)
        #expect(due >= start + .milliseconds(3_100) && due <= start + .milliseconds(3_101))
        #expect(bucket.isInDebt(at: start + .milliseconds(2_999)) == true)
        #expect(bucket.isInDebt(at: start + .milliseconds(3_001)) == false)
        #expect(bucket.available(at: due) == 1)
    }

    @Test("65: less than one in a second is a rate too", arguments: [0.5, 0.1, 0.001])
    func fractions(rate: Double) {
        var bucket = TokenBucket(rate: rate, now: start)
        #expect(bucket.available(at: start) == 1)
        bucket.take(1, at: start)
        let due = bucket.instant(of: 1, after: start)
        #expect(abs(Self.seconds(start.duration(to: due)) - 1 / rate) < 1e-3)
        // No more than the bucket holds is ever waited for.
        #expect(bucket.instant(of: 100, after: start) == due)
        #expect(bucket.available(at: due - .milliseconds(1)) == 0)
        #expect(bucket.available(at: due) == 1)
    }

    private static func seconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
    }
}
