internal import FileIO
internal import Glibc
internal import SystemPackage

/// What the machine says of time and of itself.
package enum Clock {
    /// The time in seconds since 1970.
    package static let now: @Sendable () -> Int64 = {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec)
    }

    /// How long the machine runs.
    package static let uptime: @Sendable () -> Uptime? = {
        let path = FilePath("/proc/sys/kernel/random/boot_id")
        guard let boot = try? POSIXFileSystem().contents(of: path, limit: 1 << 10) else { return nil }
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        let text = String(decoding: boot, as: UTF8.self).filter { !$0.isWhitespace }
        return Uptime(boot: text, seconds: Int64(time.tv_sec))
    }

    /// The number of processors that this process may use.
    package static var processorCount: Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }

    /// A random text of 32 hexadecimal digits.
    static func randomIdentifier() -> String {
        let bytes = (0..<16).map { _ in UInt8.random(in: .min ... .max) }
        return bytes.reduce(into: "") { text, byte in
            let digits = String(byte, radix: 16)
            text += digits.utf8.count == 1 ? "0" + digits : digits
        }
    }
}

/// How long a machine runs, which nobody can set as the clock can be set.
package struct Uptime: Equatable, Sendable {
    /// What tells this start of the machine from all others.
    package let boot: String
    /// The seconds since then, those asleep too (`CLOCK_BOOTTIME`).
    package let seconds: Int64

    /// A time since a start.
    package init(boot: String, seconds: Int64) {
        self.boot = boot
        self.seconds = seconds
    }
}
