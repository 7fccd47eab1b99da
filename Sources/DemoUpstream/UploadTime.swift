internal import Glibc

/// The times of the upstream's clock, which moves only with its serial.
enum UploadTime {
    /// 2024-01-01T00:00:00Z, in seconds since 1970.
    static let first = 1_704_067_200

    /// The time of a serial, an hour after that of the one before.
    static func seconds(ofSerial serial: UInt64) -> Int { first + Int(serial) * 3_600 }

    /// A time as PEP 700 wants it: UTC, with microseconds.
    static func text(_ seconds: Int) -> String {
        var time = time_t(seconds)
        var parts = tm()
        gmtime_r(&time, &parts)
        func padded(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let date = "\(parts.tm_year + 1900)-\(padded(parts.tm_mon + 1))-\(padded(parts.tm_mday))"
        return "\(date)T\(padded(parts.tm_hour)):\(padded(parts.tm_min)):\(padded(parts.tm_sec)).000000Z"
    }
}
