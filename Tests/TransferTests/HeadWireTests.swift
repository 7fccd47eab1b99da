import Testing
import Transfer

/// Heads that are too long, not heads at all, or say what was not asked for.
@Suite("Heads on the wire")
struct HeadWireTests {
    private static let ok = "HTTP/1.1 200 OK\r\n"
    private static let end = "Content-Length: 3\r\n\r\nabc"
    private static let tooLong: WireCase.Outcome = .code(.headTooLong(limit: 256 << 10))

    private static let long = [
        WireCase(
            "53: 10 MB of headers",
            [.bytes(Array(ok.utf8)), .repeated("X-Filler: " + String(repeating: "x", count: 990) + "\r\n", 10_000)],
            tooLong
        ),
        WireCase(
            "53: 100,000 headers",
            as: .page,
            [.bytes(Array(ok.utf8)), .repeated("A: b\r\n", 100_000), .bytes(Array(end.utf8))],
            tooLong
        ),
        WireCase(
            "53: a header line without end",
            ["\(ok)X-Filler: ", .repeated(String(repeating: "x", count: 1_000), 10_000)],
            .headTooLong
        ),
        WireCase(
            "53: a status line without end",
            ["HTTP/1.1 200 ", .repeated(String(repeating: "x", count: 1_000), 10_000)],
            .headTooLong
        ),
        WireCase(
            "53: interim answers without end",
            [.repeated("HTTP/1.1 100 Continue\r\n\r\n", 100_000)],
            tooLong
        ),
        WireCase(
            "53: a hundred interim answers, and then the answer",
            [.repeated("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", 100), "\(ok)\(end)", .keepAlive],
            .text("abc")
        ),
        WireCase(
            "53: trailers without end",
            as: .page,
            [
                "\(ok)Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n",
                .repeated("X-Trailer: " + String(repeating: "x", count: 990) + "\r\n", 10_000),
            ],
            tooLong
        ),
        WireCase(
            "53: 200 KB of headers are many, but not too many",
            [.bytes(Array(ok.utf8)), .repeated("X: " + String(repeating: "x", count: 95) + "\r\n", 2_000), "\(end)"],
            .text("abc")
        ),
    ]

    private static let odd = [
        WireCase("53: a folded header", ["\(ok)X-Long: one\r\n two\r\n\(end)", .keepAlive], .text("abc")),
        WireCase(
            "53: lines that end without carriage return",
            ["HTTP/1.1 200 OK\nContent-Length: 3\n\nabc"],
            .text("abc")
        ),
        WireCase("53: a status without words", ["HTTP/1.1 200\r\n\(end)", .keepAlive], .text("abc")),
        WireCase(
            "53: a header with a NUL in it",
            attempts: 2,
            ["\(ok)X-Null: a\0b\r\n\(end)"],
            .code(.protocolError)
        ),
        WireCase(
            "53: the greeting of another protocol",
            attempts: 2,
            ["SSH-2.0-OpenSSH_9.2\r\n", .silence],
            .code(.protocolError)
        ),
        WireCase("53: HTTP/0.9, a body without head", attempts: 2, ["<h1>abc</h1>"], .code(.protocolError)),
        WireCase("53: bytes of TLS", attempts: 2, [.bytes([21, 3, 3, 0, 2, 2, 70])], .code(.protocolError)),
        WireCase(
            "53: a version that does not exist",
            attempts: 2,
            ["HTTP/7.3 200 OK\r\n\(end)"],
            .code(.protocolError)
        ),
        WireCase("53: a status of two digits", attempts: 2, ["HTTP/1.1 20 OK\r\n\(end)"], .code(.protocolError)),
        // libcurl calls it a bad argument, which would be our mistake.
        WireCase(
            "53: a line behind the body that is no field",
            attempts: 2,
            ["\(ok)Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nno field\r\n\r\n"],
            .code(.protocolError)
        ),
        WireCase("53: a status that is no number", attempts: 2, ["HTTP/1.1 abc OK\r\n\(end)"], .code(.protocolError)),
        WireCase(
            "25: a page whose head breaks off after the status is no empty page",
            as: .page,
            attempts: 2,
            ["\(ok)Content-Type: text/html\r\n"],
            .failure([.connectionLost, .protocolError, .shortBody(expected: nil, received: 0)])
        ),
        WireCase(
            "25: a page whose head breaks off within a line is no empty page",
            as: .page,
            attempts: 2,
            ["\(ok)Content-Type: text/ht"],
            .failure([.connectionLost, .protocolError, .shortBody(expected: nil, received: 0)])
        ),
    ]

    private static let unasked = [
        // libcurl takes it for an interim answer, after which the other one never comes.
        WireCase(
            "25: 101 unasked",
            attempts: 2,
            ["HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"],
            .code(.connectionLost)
        ),
        WireCase(
            "25: 204 in place of a page",
            as: .page,
            ["HTTP/1.1 204 No Content\r\n\r\n", .keepAlive],
            .status(204)
        ),
        WireCase("25: 205 in place of a file", ["HTTP/1.1 205 Reset\r\nContent-Length: 0\r\n\r\n"], .status(205)),
        WireCase(
            "25: 206 unasked, even of the whole file",
            size: 3,
            ["HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-2/3\r\n\(end)", .keepAlive],
            .status(206)
        ),
        WireCase("25: 203 is not what the origin has", size: 3, ["HTTP/1.1 203 Other\r\n\(end)"], .status(203)),
        WireCase(
            "25: 304 unasked in place of a file",
            ["HTTP/1.1 304 Not Modified\r\n\r\n", .keepAlive],
            .status(304)
        ),
        WireCase(
            "25: 304 unasked in place of a page",
            as: .page,
            ["HTTP/1.1 304 Old\r\n\r\n", .keepAlive],
            .status(304)
        ),
        WireCase("25: status 999", ["HTTP/1.1 999 Denied\r\n\(end)", .keepAlive], .status(999)),
        WireCase("25: status 600", as: .page, ["HTTP/1.1 600 Odd\r\n\(end)", .keepAlive], .status(600)),
    ]

    @Test("53, 54: long heads", arguments: long)
    func length(_ wire: WireCase) async throws { try await wire.check() }

    @Test("53, 54: odd heads", arguments: odd)
    func form(_ wire: WireCase) async throws { try await wire.check() }

    @Test("25, 54: answers that nobody asked for", arguments: unasked)
    func status(_ wire: WireCase) async throws { try await wire.check() }
}
