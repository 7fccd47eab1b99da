internal import JSON

/// When the last collection ran.
struct CollectionTime: Equatable, Sendable {
    /// The time in seconds since 1970.
    let time: Int64
    /// How long the machine ran then.
    let uptime: Uptime?

    init(time: Int64, uptime: Uptime?) {
        self.time = time
        self.uptime = uptime
    }

    /// What the index remembers; `nil` when it cannot be read.
    init?(text: String) {
        guard let root = try? JSONDocument(Array(text.utf8)).root, let time = root["time"]?.integer else { return nil }
        self.time = time
        if let boot = root["boot"]?.string, let seconds = root["uptime"]?.integer {
            uptime = Uptime(boot: boot, seconds: seconds)
        } else {
            uptime = nil
        }
    }

    /// What the index is to remember.
    var text: String {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("boot", uptime?.boot)
            writer.member("time", time)
            writer.member("uptime", uptime?.seconds)
        }
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}

/// Whether the clock can be trusted with a time that has passed.
///
/// Pure. A clock that goes wrong must not make things older than they are.
struct CollectionClock: Sendable {
    /// How far a clock may be set in the course of keeping it right, in seconds.
    static let tolerance: Int64 = 3_600
    /// How long a mirror may have been left alone, in seconds, when the grace is short.
    static let longestRest: Int64 = 90 * 86_400

    /// The time and how long the machine runs.
    let now: CollectionTime
    /// The latest time that the mirror knows of something that happened; 0 when it knows none.
    let latest: Int64
    /// The last collection.
    let last: CollectionTime?
    /// How long things are kept.
    let grace: Int64

    /// What is wrong with the clock, in one line; `nil` when it seems right.
    var problem: String? {
        if latest > now.time + 60 {
            return "the clock is behind: the mirror knows of something that happened \(latest - now.time) s later"
        }
        if latest > 0, now.time - latest > max(4 * grace, Self.longestRest) {
            return "the clock says that nothing happened to the mirror for \((now.time - latest) / 86_400) days"
        }
        if let last, let then = last.uptime, let now = now.uptime, then.boot == now.boot {
            let byClock = self.now.time - last.time
            let byMachine = now.seconds - then.seconds
            if byClock > byMachine + Self.tolerance {
                return "the clock was set forward by \(byClock - byMachine) s since the last collection"
            }
        }
        return nil
    }
}
