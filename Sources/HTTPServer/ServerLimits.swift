internal import NIOCore
internal import NIOHTTP1

/// What a server grants its clients.
package struct ServerLimits: Sendable {
    /// The most connections at a time; one more is closed at once.
    package var connections = 16_384
    /// How long a client may take for the head of a request, from when it connected or had its last answer.
    package var headTime = Duration.seconds(75)
    /// How long a client may take for a piece of an answer.
    package var pieceTime = Duration.seconds(180)
    /// How long an answer may take that has to be had from elsewhere, or the next part of it.
    package var answerTime = Duration.seconds(600)
    /// How many bytes a piece of an answer has.
    package var pieceBytes: UInt64 = 1 << 20
    /// The most bytes of the headers of a request, and of each of them.
    package var headBytes = 1 << 15
    /// The most bytes of a body that a request may have, which nobody reads.
    package var requestBodyBytes = 1 << 16

    /// What suits a mirror.
    package init() {}

    /// The same for the decoder of requests.
    var decoder: NIOHTTPDecoderLimitConfiguration {
        var decoder = NIOHTTPDecoderLimitConfiguration()
        decoder.maxHeaderFieldSize = headBytes
        decoder.maxHeaderListSize = headBytes
        decoder.maxHeaderFieldCount = 128
        return decoder
    }
}

extension TimeAmount {
    /// As many nanoseconds.
    init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        self = .nanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
    }
}
