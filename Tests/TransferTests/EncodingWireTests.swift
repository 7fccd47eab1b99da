import Foundation
import SystemPackage
import TestSupport
import Testing
import Transfer

/// Content encodings that were not asked for, are broken, or lie.
@Suite("Encodings on the wire")
struct EncodingWireTests {
    private static let plain = String(repeating: "<a href=x>x</a>\n", count: 500)

    /// An answer with an encoding claimed and a body.
    private static func answer(_ encoding: String, _ body: [UInt8]) -> [WireCase.Step] {
        ["HTTP/1.1 200 OK\r\nContent-Encoding: \(encoding)\r\nContent-Length: \(body.count)\r\n\r\n", .bytes(body)]
    }

    private static func cases() throws -> [WireCase] {
        let page = try Gzip.compress(Array(plain.utf8))
        let twice = try Gzip.compress(page)
        var damaged = page
        damaged[page.count - 6] ^= 0xff
        let short = Array(page.dropLast(20))
        let bomb = try Gzip.compress([UInt8](repeating: 65, count: 32 << 20))
        let notDecoded: WireCase.Outcome = .failure([.protocolError, .shortBody(expected: nil, received: 0)])
        return [
            WireCase("52: a page in gzip", as: .page, answer("gzip", page), .text(plain)),
            WireCase("52: a page that was compressed twice", as: .page, answer("gzip, gzip", twice), .text(plain)),
            WireCase(
                "52: a page that claims to be as it is",
                as: .page,
                answer("identity", Array("abc".utf8)),
                .text("abc")
            ),
            WireCase(
                "52: gzip claimed of a plain page",
                as: .page,
                attempts: 2,
                answer("gzip", [97, 98, 99]),
                notDecoded
            ),
            WireCase(
                "52: deflate claimed of a plain page",
                as: .page,
                attempts: 2,
                answer("deflate", Array("<a href=x>".utf8)),
                notDecoded
            ),
            WireCase(
                "52: a page in gzip whose checksum is wrong",
                as: .page,
                attempts: 2,
                answer("gzip", damaged),
                .failure([.protocolError])
            ),
            WireCase(
                "52: a page whose gzip breaks off, in a body of the declared length",
                as: .page,
                attempts: 2,
                answer("gzip", short),
                .matching { code in
                    switch code {
                    case .protocolError, .shortBody: true
                    default: false
                    }
                }
            ),
            WireCase(
                "52: a page of which nothing but the header of gzip came",
                as: .page,
                attempts: 2,
                answer("gzip", Array(page.prefix(10))),
                notDecoded
            ),
            WireCase(
                "52: brotli claimed of a page, which was not asked for",
                as: .page,
                attempts: 2,
                answer("br", Array(repeating: 0xff, count: 64)),
                .failure([.protocolError])
            ),
            WireCase(
                "52: an encoding that nobody knows",
                as: .page,
                attempts: 2,
                answer("rot13", Array("abc".utf8)),
                .failure([.protocolError])
            ),
            WireCase(
                "52: an encoding in too many layers",
                as: .page,
                attempts: 2,
                answer(Array(repeating: "gzip", count: 60).joined(separator: ", "), page),
                .failure([.protocolError])
            ),
            WireCase(
                "52: a page that grows out of all proportion",
                as: .page,
                answer("gzip", bomb),
                .matching { code in
                    if case .decompressionBomb(ratio: 200...) = code { true } else { false }
                }
            ),
            WireCase(
                "52: a file in gzip arrives as it is",
                size: UInt64(page.count),
                answer("gzip", page),
                .body(page)
            ),
            WireCase("52: gzip claimed of a plain file", size: 3, answer("gzip", [97, 98, 99]), .text("abc")),
            WireCase("52: brotli claimed of a file", size: 3, answer("br", [97, 98, 99]), .text("abc")),
            WireCase("52: an unknown encoding of a file", size: 3, answer("rot13", [97, 98, 99]), .text("abc")),
            WireCase(
                "52: a file that was compressed on the way is of another size",
                size: UInt64(plain.utf8.count),
                attempts: 2,
                answer("gzip", page),
                .code(.wrongSize(expected: UInt64(plain.utf8.count), found: UInt64(page.count)))
            ),
            WireCase(
                "52: a file that was compressed on the way has another digest",
                truth: plain,
                attempts: 2,
                answer("gzip", page),
                .wrongDigest
            ),
        ]
    }

    @Test("52, 54: encodings", arguments: try cases())
    func encoding(_ wire: WireCase) async throws { try await wire.check() }
}

/// gzip, by the program of that name.
enum Gzip {
    /// Compresses bytes as well as possible.
    static func compress(_ bytes: [UInt8]) throws -> [UInt8] {
        let directory = try TemporaryDirectory.make()
        defer { try? FileManager.default.removeItem(atPath: directory.string) }
        let file = URL(fileURLWithPath: directory.appending("plain").string)
        try Data(bytes).write(to: file)
        try run("gzip", "-n", "-9", file.path)
        return Array(try Data(contentsOf: URL(fileURLWithPath: file.path + ".gz")))
    }
}
