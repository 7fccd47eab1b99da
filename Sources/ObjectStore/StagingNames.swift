internal import Glibc
internal import Scheduling

/// Names for files in the staging directory: unique among all processes that ever ran on this store.
struct StagingNames: Sendable {
    private let prefix: String
    private let count = Locked<UInt64>(0)

    init() {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        prefix = "\(getpid())-\(String(time.tv_sec, radix: 36))\(String(time.tv_nsec, radix: 36))"
    }

    func next() -> String {
        let number = count.withLock { count in
            count += 1
            return count
        }
        return "\(prefix)-\(number).part"
    }
}
