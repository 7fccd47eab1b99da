/// What an engine has done so far, and is doing.
package struct TransferStatistics: Equatable, Sendable {
    /// Requests for pages that the engine accepted.
    package internal(set) var pages = 0
    /// Requests for files that the engine accepted.
    package internal(set) var files = 0
    /// Requests that ended well, those not modified included.
    package internal(set) var succeeded = 0
    /// Requests whose version here is still the current one.
    package internal(set) var notModified = 0
    /// Requests that failed for good, the cancelled ones included.
    package internal(set) var failed = 0
    /// Attempts beyond the first of each request.
    package internal(set) var retries = 0
    /// The same, by what went wrong in the attempt before.
    package internal(set) var retriesByCause: [TransferFailureCause: Int] = [:]
    /// Requests that went on to another host of their list.
    package internal(set) var fallbacks = 0
    /// Attempts that went on with a part of a file that was here.
    package internal(set) var resumptions = 0
    /// Redirects that were followed.
    package internal(set) var redirects = 0
    /// Bytes of bodies as they came over the network, those of failed attempts included.
    package internal(set) var bytesReceived: UInt64 = 0
    /// Requests that wait for a slot or for the time of their next attempt.
    package internal(set) var waiting = 0
    /// Requests that are under way.
    package internal(set) var inFlight = 0
    /// The most requests that were under way at once.
    package internal(set) var peakInFlight = 0
    /// Connections that were opened.
    package internal(set) var connectionsOpened = 0
    /// The most bytes that were received and not yet written or handed over.
    package internal(set) var peakBufferedBytes = 0
    /// The same for each host, by origin (scheme, host and port).
    package internal(set) var hosts: [String: TransferHostStatistics] = [:]

    /// Nothing was done.
    package init() {}
}

extension TransferStatistics {
    /// Counts bytes of bodies.
    mutating func add(bytes: UInt64, from origin: String) {
        bytesReceived += bytes
        hosts[origin, default: TransferHostStatistics()].bytesReceived += bytes
    }
}

/// What an engine has done so far with one host, and is doing.
package struct TransferHostStatistics: Equatable, Sendable {
    /// Requests that wait for a slot.
    package internal(set) var waiting = 0
    /// Requests that are under way.
    package internal(set) var inFlight = 0
    /// Attempts that brought a whole answer.
    package internal(set) var succeeded = 0
    /// Attempts that brought none.
    package internal(set) var failedAttempts = 0
    /// Bytes of bodies as they came over the network.
    package internal(set) var bytesReceived: UInt64 = 0
    /// Whether the host was found to be out of reach, so that only now and then a request is sent to try it.
    package internal(set) var isDown = false

    /// Counts an attempt that ended.
    mutating func noteAttempt(hasFailed: Bool) {
        if hasFailed { failedAttempts += 1 } else { succeeded += 1 }
    }

    /// Notes what there is to do.
    mutating func note(waiting: Int, inFlight: Int, isDown: Bool) {
        (self.waiting, self.inFlight, self.isDown) = (waiting, inFlight, isDown)
    }
}
