import Foundation
import Logging
import Mirror
import Scheduling
import SystemPackage

/// A mirror that is collected within the test, by a clock of the test's own.
final class CollectedMirror: Sendable {
    static let day: Int64 = 86_400

    let mirror: TestMirror
    private let root: MirrorRoot
    /// Seconds that the clock, and the machine, are ahead of the time when the test began.
    private let ahead: Locked<(clock: Int64, machine: Int64)>

    init(_ mirror: TestMirror) throws {
        let ahead = Locked<(clock: Int64, machine: Int64)>((0, 0))
        self.ahead = ahead
        self.mirror = mirror
        let start = Clock.now()
        root = try MirrorRoot(at: mirror.root, logger: Logger(label: "test")) {
            start + ahead.withLock { $0.clock }
        }
    }

    /// Lets time pass.
    func wait(_ seconds: Int64) {
        ahead.withLock { $0 = ($0.clock + seconds, $0.machine + seconds) }
    }

    /// Sets the clock.
    func setClock(_ seconds: Int64) {
        ahead.withLock { $0.clock += seconds }
    }

    /// Starts the machine anew.
    private let boot = Locked(0)
    func restart() {
        boot.withLock { $0 += 1 }
        ahead.withLock { $0.machine = 0 }
    }

    /// Collects.
    func collect(_ change: (inout CollectionOptions) -> Void = { _ in }) async throws -> CollectionReport {
        var options = CollectionOptions()
        let (ahead, boot) = (ahead, boot)
        options.uptime = {
            Uptime(boot: "\(boot.withLock { $0 })", seconds: ahead.withLock { $0.machine })
        }
        change(&options)
        return try await root.collect(options)
    }
}
