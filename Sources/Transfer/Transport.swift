/// Where bytes come from when it is not the network: the URLs of one scheme.
///
/// The engine schedules, repeats, checks and stores what a transport reads as it does with what the network brings.
package protocol Transport: Sendable {
    /// Reads what a URL names; blocks.
    ///
    /// - Parameters:
    ///   - reading: What to read.
    ///   - sink: Takes the head, once, and then the bytes.
    /// - Throws: Why it cannot be read, or not to its end.
    func read(_ reading: TransportReading, into sink: TransportSink) throws(TransferError.Code)
}

/// What a transport is asked for.
package struct TransportReading: Sendable {
    /// The URL, as ``TransferResponse/finalURL`` will tell it.
    package let url: String
    /// What is here already; a transport that still has that version says so in its head.
    package let validators: TransferRequest.Validators
    /// How many bytes of it are here already; a transport that can goes on behind them, and says so in its head.
    package let offset: UInt64
}

/// What a transport says before the first byte.
package struct TransportHead: Sendable {
    /// Whether the version that is here is the current one, so that no bytes follow.
    package var isNotModified = false
    /// The size of the whole, as far as it is known.
    package var size: UInt64?
    /// The offset of the first byte that follows: 0, or the one that was asked for.
    package var offset: UInt64 = 0
    /// The media type.
    package var contentType: String?
    /// An entity tag.
    package var etag: String?

    /// The head of something of unknown size.
    package init() {}
}

/// What takes the bytes that a transport reads; used by one thread.
package struct TransportSink {
    /// Takes the head: whether bytes are wanted.
    let begin: (TransportHead) throws(TransferError.Code) -> Bool
    /// Takes bytes: whether more are wanted.
    let take: (UnsafeRawBufferPointer) -> Bool

    /// Takes the head.
    ///
    /// - Returns: Whether bytes are wanted; a transport that is told no returns.
    /// - Throws: Why the transfer fails; the transport passes it on.
    package func begin(_ head: TransportHead) throws(TransferError.Code) -> Bool { try begin(head) }

    /// Takes bytes.
    ///
    /// - Returns: Whether more are wanted; a transport that is told no returns.
    package func take(_ bytes: UnsafeRawBufferPointer) -> Bool { take(bytes) }
}
