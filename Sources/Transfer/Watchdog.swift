/// Whether a request is still getting somewhere: the first byte in time, and then enough bytes in each window.
///
/// libcurl's own low-speed limit counts whole seconds and also the time in which the server thinks, so that it could
/// not be stricter for bodies than for answers.
package struct Watchdog {
    /// A point in time.
    package typealias Instant = ContinuousClock.Instant

    /// How long the first byte may take.
    package let firstByteTimeout: Duration
    /// The length of a window.
    package let stallTimeout: Duration
    /// The bytes that a window must bring.
    package let bytesPerWindow: UInt64

    private var sentAt: Instant?
    private var windowStart: Instant?
    private var windowBytes: UInt64 = 0

    /// A watchdog with the limits of a configuration.
    package init(_ configuration: TransferConfiguration) {
        firstByteTimeout = configuration.firstByteTimeout
        stallTimeout = configuration.stallTimeout
        let (seconds, attoseconds) = configuration.stallTimeout.components
        let length = Double(seconds) + Double(attoseconds) / 1e18
        bytesPerWindow = max(1, UInt64(max(0, length * Double(configuration.stallBytesPerSecond))))
    }

    /// How often ``check(now:isSent:hasAnswered:isPaused:received:)`` needs to be called.
    static func interval(_ configuration: TransferConfiguration) -> Duration {
        min(.seconds(1), max(.milliseconds(10), min(configuration.firstByteTimeout, configuration.stallTimeout) / 4))
    }

    /// Looks at a request.
    ///
    /// - Parameters:
    ///   - now: The time.
    ///   - isSent: Whether the request is on its way to the server.
    ///   - hasAnswered: Whether the first byte of the answer came.
    ///   - isPaused: Whether it is we who let the server wait.
    ///   - received: How many bytes of the body came so far.
    /// - Returns: Why the request is to be given up, if it is.
    package mutating func check(
        now: Instant,
        isSent: Bool,
        hasAnswered: Bool,
        isPaused: Bool,
        received: UInt64
    ) -> TransferError.Code? {
        guard isSent else { return nil }
        guard hasAnswered else {
            guard let sentAt else {
                self.sentAt = now
                return nil
            }
            return sentAt.duration(to: now) >= firstByteTimeout ? .timeout(.firstByte) : nil
        }
        guard let start = windowStart, !isPaused else {
            windowStart = now
            windowBytes = received
            return nil
        }
        guard start.duration(to: now) >= stallTimeout else {
            if received >= windowBytes + bytesPerWindow {
                windowStart = now
                windowBytes = received
            }
            return nil
        }
        if received < windowBytes + bytesPerWindow { return .stalled }
        windowStart = now
        windowBytes = received
        return nil
    }
}
