/// Which hosts can be asked: the rules, without clocks and sockets.
///
/// Hosts are told apart by their origin. A host that several connections in a row did not get an answer from is down:
/// it is then tried by one request at a time, after growing waits, and given up after as many of those as a request has
/// repetitions. From then on requests fail at once, so that ten thousand files of a dead host cost no more than one.
/// Whatever answer comes, a host that answers is up.
package struct HostHealth {
    /// A point in time.
    package typealias Instant = ContinuousClock.Instant
    /// What tells requests apart.
    package typealias ID = UInt64

    /// Whether a request may be sent to a host.
    package enum Admission: Equatable {
        /// It may.
        case open
        /// Not before an instant, after failures of such a kind.
        case wait(until: Instant, TransferError.Code)
        /// Not before it is known what becomes of another one, after failures of such a kind.
        case park(TransferError.Code)
        /// It fails.
        case refuse(TransferError.Code)
    }

    private struct Host {
        var failuresInARow = 0
        var lastFailure = TransferError.Code.unreachable
        var isDown = false
        var failedProbes = 0
        var isGivenUp = false
        var cooldown = Duration.zero
        var nextProbe = Instant.now
        var probe: ID?
        var heldUntil: Instant?
        var refusals = 0
        var refusal = 401
        var prohibitions = 0
        var hasAccepted = false
    }

    private let failureLimit: Int
    private let refusalLimit: Int
    private let prohibitionLimit: Int
    private let cooldown: Duration
    private let cooldownLimit: Duration
    private let policy: RetryPolicy
    private var hosts: [String: Host] = [:]

    /// The health of hosts of which nothing is known, which is good.
    package init(_ configuration: TransferConfiguration) {
        failureLimit = max(1, configuration.hostFailures)
        refusalLimit = max(1, configuration.refusals)
        prohibitionLimit = max(1, configuration.prohibitions)
        cooldown = configuration.hostCooldown
        cooldownLimit = max(cooldown, .seconds(600))
        policy = RetryPolicy(configuration)
    }

    /// Whether a host is down.
    package func isDown(_ origin: String) -> Bool { hosts[origin]?.isDown ?? false }

    /// Whether a request may be sent to a host now.
    package func admission(to origin: String, at now: Instant) -> Admission {
        guard let host = hosts[origin] else { return .open }
        if host.refusals >= refusalLimit { return .refuse(.credentialsRefused(host.refusal)) }
        if host.prohibitions >= prohibitionLimit { return .refuse(.credentialsRefused(403)) }
        if let heldUntil = host.heldUntil, now < heldUntil {
            return .wait(until: heldUntil, .status(429, retryAfter: nil))
        }
        guard host.isDown else { return .open }
        if host.isGivenUp {
            return now < host.nextProbe || host.probe != nil ? .refuse(.hostDown(host.lastFailure)) : .open
        }
        if host.probe != nil { return .park(host.lastFailure) }
        return now < host.nextProbe ? .wait(until: host.nextProbe, host.lastFailure) : .open
    }

    /// Notes that a request is sent to a host; at one that is down, it is the one that tries it.
    package mutating func begin(_ id: ID, to origin: String) {
        guard let host = hosts[origin], host.isDown, host.probe == nil else { return }
        hosts[origin]?.probe = id
    }

    /// Notes that a request brought an answer.
    ///
    /// - Parameters:
    ///   - status: The status of the answer.
    ///   - retryAfter: For how long the host asks to be left alone.
    ///   - origin: The host.
    ///   - now: The time.
    /// - Returns: Whether the host was down, so that those who wait for it can go on.
    package mutating func answered(
        _ status: Int,
        retryAfter: Duration?,
        from origin: String,
        at now: Instant
    ) -> Bool {
        var host = hosts[origin] ?? Host()
        let wasDown = host.isDown
        host.failuresInARow = 0
        (host.isDown, host.isGivenUp, host.failedProbes, host.probe) = (false, false, 0, nil)
        host.cooldown = .zero
        switch status {
        // One that accepted anything knows us; what it refuses is a matter of that one thing.
        case 401 where !host.hasAccepted, 407 where !host.hasAccepted:
            host.refusals += 1
            host.refusal = status
        case 403 where !host.hasAccepted:
            host.prohibitions += 1
        case 200..<400:
            (host.hasAccepted, host.refusals, host.prohibitions) = (true, 0, 0)
        case 429:
            // This says something of us, while a 503 may be about one thing only.
            if let retryAfter { host.heldUntil = now + min(retryAfter, policy.retryAfterLimit) }
        case 401, 403, 407:
            break
        default:
            (host.refusals, host.prohibitions) = (0, 0)
        }
        hosts[origin] = host
        return wasDown
    }

    /// Notes that a request brought no answer.
    ///
    /// - Returns: Whether it was the one that tried a host that is down, so that those who wait for it have to be told.
    package mutating func failed(_ id: ID, _ code: TransferError.Code, at origin: String, now: Instant) -> Bool {
        var host = hosts[origin] ?? Host()
        defer { hosts[origin] = host }
        host.failuresInARow += 1
        host.lastFailure = code
        guard host.isDown else {
            guard host.failuresInARow >= failureLimit else { return false }
            host.isDown = true
            host.failedProbes = 0
            scheduleProbe(&host, code, now)
            return false
        }
        guard host.probe == id else { return false }
        host.probe = nil
        host.failedProbes += 1
        scheduleProbe(&host, code, now)
        return true
    }

    /// Notes that a request ended without telling anything of the host.
    ///
    /// - Returns: As ``failed(_:_:at:now:)``.
    package mutating func ended(_ id: ID, at origin: String) -> Bool {
        guard hosts[origin]?.probe == id else { return false }
        hosts[origin]?.probe = nil
        return true
    }

    private func scheduleProbe(_ host: inout Host, _ code: TransferError.Code, _ now: Instant) {
        guard host.failedProbes < policy.retries else {
            host.isGivenUp = true
            host.cooldown = host.cooldown == .zero ? cooldown : min(host.cooldown * 2, cooldownLimit)
            host.nextProbe = now + host.cooldown
            return
        }
        host.nextProbe = now + policy.bound(afterAttempts: host.failedProbes + 1)
    }
}
