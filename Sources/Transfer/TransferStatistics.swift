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
    /// Redirects that were followed.
    package internal(set) var redirects = 0
    /// Bytes of bodies that came, decoded, those of failed attempts included.
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
}
