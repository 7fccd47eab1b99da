/// The kinds of failures that are counted apart.
package enum TransferFailureCause: String, CaseIterable, Sendable {
    /// The name has no address, nobody listens, or TLS could not be agreed on.
    case connect
    /// The connection or the first byte did not come in time.
    case timeout
    /// The body came too slowly.
    case stall
    /// The connection broke, or the body ended early.
    case broken
    /// The server was busy or out of order: 408, 425, 429 and 5xx.
    case status
    /// The body was complete and not the one that was expected.
    case mismatch
    /// The server broke the rules of its protocol.
    case violation
    /// Anything else.
    case other
}

extension TransferError.Code {
    /// The kind of failure, for counts.
    package var cause: TransferFailureCause {
        switch self {
        case .unresolvable, .unreachable, .tls, .tlsHandshake, .wrongPin, .hostDown: .connect
        case .timeout: .timeout
        case .stalled: .stall
        case .connectionLost, .shortBody: .broken
        case .status, .proxyRefused, .credentialsRefused: .status
        case .wrongSize, .wrongDigest, .htmlInsteadOfFile, .tooLong, .emptyPage: .mismatch
        case .protocolError, .wrongRange, .headTooLong, .decompressionBomb, .redirectRefused: .violation
        case .cancelled, .invalidURL, .unsupportedScheme, .configuration, .fileNotFound, .notAFile, .outsideFileRoots,
            .unreadable, .local, .digest:
            .other
        }
    }

    /// Whether it tells that a host cannot be reached, when no answer came.
    var isOfConnection: Bool {
        switch self {
        case .unresolvable, .unreachable, .tls, .wrongPin, .tlsHandshake, .timeout, .connectionLost, .proxyRefused: true
        default: false
        }
    }
}
