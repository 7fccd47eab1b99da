import Testing
import Transfer

/// Bodies that end too early, too late, never, or at the wrong length.
@Suite("Bodies on the wire")
struct BodyWireTests {
    private static let ok = "HTTP/1.1 200 OK\r\n"
    private static let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    /// libcurl reports broken chunks as it reports broken connections.
    private static let broken: WireCase.Outcome = .failure([.connectionLost, .protocolError])

    private static let truncated = [
        WireCase(
            "25: a declared length of an unknown file, cut",
            attempts: 2,
            ["\(ok)Content-Length: 10\r\n\r\nabcdef"],
            .code(.shortBody(expected: 10, received: 6))
        ),
        WireCase(
            "25: a declared length, and no byte of it",
            attempts: 2,
            ["\(ok)Content-Length: 10\r\n\r\n"],
            .code(.shortBody(expected: 10, received: 0))
        ),
        WireCase(
            "25: one byte is missing",
            size: 10,
            attempts: 2,
            ["\(ok)Content-Length: 10\r\n\r\nabcdefghi"],
            .code(.shortBody(expected: 10, received: 9))
        ),
        WireCase(
            "25: a page of a declared length, cut",
            as: .page,
            attempts: 2,
            ["\(ok)Content-Length: 10\r\n\r\nabcdef"],
            .matching { code in
                if case .shortBody(_, received: 6) = code { true } else { false }
            }
        ),
        WireCase(
            "25: chunks, cut within a chunk",
            attempts: 2,
            ["\(chunked)a\r\nabc"],
            .code(.shortBody(expected: nil, received: 3))
        ),
        WireCase(
            "25: chunks, cut within the size of a chunk",
            attempts: 2,
            ["\(chunked)3\r\nabc\r\n1"],
            .code(.shortBody(expected: nil, received: 3))
        ),
        WireCase(
            "25: chunks, cut between two chunks",
            as: .page,
            attempts: 2,
            ["\(chunked)3\r\nabc\r\n"],
            .code(.shortBody(expected: nil, received: 3))
        ),
        WireCase(
            "25: chunks, cut before the empty line at the end",
            as: .page,
            attempts: 2,
            ["\(chunked)3\r\nabc\r\n0\r\n"],
            .code(.shortBody(expected: nil, received: 3))
        ),
        WireCase(
            "25: HTTP/1.0 without length, cut, its size known",
            size: 5,
            attempts: 2,
            ["HTTP/1.0 200 OK\r\n\r\nabc"],
            .code(.shortBody(expected: 5, received: 3))
        ),
        WireCase(
            "25: HTTP/1.0 without length, cut, its digest known",
            truth: "abcde",
            attempts: 2,
            ["HTTP/1.0 200 OK\r\n\r\nabc"],
            .wrongDigest
        ),
        WireCase(
            "25: HTTP/1.0 without length, whole",
            size: 5,
            truth: "abcde",
            ["HTTP/1.0 200 OK\r\n\r\nabcde"],
            .text("abcde")
        ),
        WireCase("25: an empty page is a page", as: .page, ["\(ok)Content-Length: 0\r\n\r\n", .keepAlive], .text("")),
    ]

    private static let lengths = [
        WireCase(
            "25: a declared length below the size, and the whole body after it",
            size: 6,
            attempts: 2,
            ["\(ok)Content-Length: 3\r\n\r\nabcdef"],
            .code(.wrongSize(expected: 6, found: 3))
        ),
        WireCase(
            "25: a declared length above the size, and the body of the right size",
            size: 6,
            attempts: 2,
            ["\(ok)Content-Length: 7\r\n\r\nabcdef"],
            .code(.wrongSize(expected: 6, found: 7))
        ),
        WireCase(
            "25: a negative length",
            size: 3,
            attempts: 2,
            ["\(ok)Content-Length: -3\r\n\r\nabc"],
            .code(.protocolError)
        ),
        WireCase(
            "25: a length in words",
            size: 3,
            attempts: 2,
            ["\(ok)Content-Length: three\r\n\r\nabc"],
            .code(.protocolError)
        ),
        WireCase(
            "25: a length beyond all numbers, while the body is whole",
            size: 3,
            ["\(ok)Content-Length: 99999999999999999999999\r\n\r\nabc"],
            .text("abc")
        ),
        WireCase(
            "25: the largest length there is",
            size: 3,
            attempts: 2,
            ["\(ok)Content-Length: 9223372036854775807\r\n\r\nabc"],
            .code(.wrongSize(expected: 3, found: UInt64(Int64.max)))
        ),
        WireCase(
            "25: a page of the largest length there is",
            as: .page,
            ["\(ok)Content-Length: 9223372036854775807\r\n\r\nabc", .silence],
            .code(.tooLong(limit: 128 << 20, declared: UInt64(Int64.max)))
        ),
        WireCase(
            "25: two lengths that contradict each other",
            size: 6,
            attempts: 2,
            ["\(ok)Content-Length: 6\r\nContent-Length: 3\r\n\r\nabcdef"],
            .failure([.protocolError, .wrongSize(expected: 6, found: 3)])
        ),
        WireCase(
            "25: a length beside chunks does not count",
            size: 3,
            ["\(ok)Content-Length: 7\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", .keepAlive],
            .text("abc")
        ),
        WireCase(
            "25: an endless page",
            as: .page,
            size: 100_000,
            [.bytes(Array(chunked.utf8)), .repeated("4\r\nxxxx\r\n", 1 << 20)],
            .code(.tooLong(limit: 100_000, declared: nil))
        ),
        WireCase(
            "25: an error whose page has no end is an error at once",
            ["HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n", .repeated("4\r\nxxxx\r\n", 1 << 20)],
            .code(.status(404, retryAfter: nil))
        ),
        WireCase(
            "25: zero chunks of a body of zero bytes",
            size: 0,
            ["\(chunked)0\r\n\r\n", .keepAlive],
            .text("")
        ),
        WireCase(
            "25: one byte where none was expected",
            size: 0,
            ["\(chunked)1\r\na\r\n0\r\n\r\n", .keepAlive],
            .code(.tooLong(limit: 0, declared: nil))
        ),
    ]

    private static let chunks = [
        WireCase("25: a chunk size in words", size: 3, attempts: 2, ["\(chunked)three\r\nabc\r\n0\r\n\r\n"], broken),
        WireCase("25: a negative chunk size", size: 3, attempts: 2, ["\(chunked)-3\r\nabc\r\n0\r\n\r\n"], broken),
        WireCase(
            "25: a chunk size beyond all numbers",
            size: 3,
            attempts: 2,
            ["\(chunked)fffffffffffffffff3\r\nabc\r\n0\r\n\r\n"],
            broken
        ),
        WireCase(
            "25: the largest chunk size",
            size: 3,
            attempts: 2,
            ["\(chunked)7fffffffffffffff\r\nabc"],
            .code(.shortBody(expected: 3, received: 3))
        ),
        WireCase("25: a chunk longer than its size", size: 3, attempts: 2, ["\(chunked)2\r\nabc\r\n0\r\n\r\n"], broken),
        WireCase(
            "25: extensions and trailers of chunks are no part of the body",
            size: 3,
            ["\(chunked)3;name=value\r\nabc\r\n0\r\nX-Trailer: 1\r\n\r\n", .keepAlive],
            .text("abc")
        ),
    ]

    private static let resets = [
        WireCase("49: a reset before the status", attempts: 2, [.reset], .code(.connectionLost)),
        WireCase("49: a close before the status", attempts: 2, [], .code(.connectionLost)),
        WireCase("49: a reset within the status", attempts: 2, ["HTTP/1.", .reset], .code(.connectionLost)),
        WireCase(
            "49: a reset within the head",
            attempts: 2,
            ["\(ok)Content-Length: 3\r\nX-", .reset],
            .code(.connectionLost)
        ),
        WireCase(
            "49: a reset between head and body",
            attempts: 2,
            ["\(ok)Content-Length: 3\r\n\r\n", .reset],
            .code(.connectionLost)
        ),
        WireCase(
            "49: a reset within the body",
            attempts: 2,
            ["\(ok)Content-Length: 3\r\n\r\na", .reset],
            .code(.connectionLost)
        ),
        WireCase(
            "49: a reset at the end of a body without length",
            attempts: 2,
            ["\(ok)\r\nabc", .reset],
            .code(.connectionLost)
        ),
        WireCase(
            "49: a reset within a chunk",
            as: .page,
            attempts: 2,
            ["\(chunked)3\r\nab", .reset],
            .code(.connectionLost)
        ),
        WireCase(
            "49: a reset after the whole body harms nobody",
            size: 3,
            ["\(ok)Content-Length: 3\r\n\r\nabc", .reset],
            .text("abc")
        ),
        WireCase(
            "49: a reset after the last chunk harms nobody",
            size: 3,
            ["\(chunked)3\r\nabc\r\n0\r\n\r\n", .reset],
            .text("abc")
        ),
    ]

    @Test("25, 54: truncated bodies", arguments: truncated)
    func truncation(_ wire: WireCase) async throws { try await wire.check() }

    @Test("25, 54: wrong lengths", arguments: lengths)
    func length(_ wire: WireCase) async throws { try await wire.check() }

    @Test("25, 54: broken chunks", arguments: chunks)
    func chunk(_ wire: WireCase) async throws { try await wire.check() }

    @Test("49, 54: resets at chosen places", arguments: resets)
    func reset(_ wire: WireCase) async throws { try await wire.check() }
}
