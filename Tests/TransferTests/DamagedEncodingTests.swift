import TestSupport
import Testing
import Transfer

/// Pages in gzip, cut and damaged wherever they can be.
@Suite("Damaged encodings")
struct DamagedEncodingTests {
    private let plain = Array(String(repeating: "<a href=x>x</a>\n", count: 500).utf8)

    /// Serves many versions of one page, each under its number, and tells what came of each.
    private func ends(
        _ versions: [[UInt8]],
        encoding: String = "gzip"
    ) async throws -> [Result<TransferResponse, TransferError>?] {
        let server = ScriptedServer { connection, request, _ in
            let number = Int(request.path.dropFirst()) ?? 0
            connection.answer(versions[number], headers: ["Content-Encoding: \(encoding)"])
            return .keepAlive
        }
        defer { server.stop() }
        let fixture = try EngineFixture { $0.retries = 0 }
        let requests = versions.indices.map { TransferRequest.page(server.url("/\($0)"), accept: nil) }
        var ends = [Result<TransferResponse, TransferError>?](repeating: nil, count: versions.count)
        for await element in fixture.engine.results(of: requests, window: 20) {
            guard let number = element.request.url.split(separator: "/").last.flatMap({ Int($0) }) else { continue }
            ends[number] = element.result
        }
        return ends
    }

    @Test("52: a page in gzip arrives whole, wherever it is cut in two on the way to the decoder")
    func everySplit() async throws {
        let packed = try Gzip.compress(plain)
        // The decoder gets 4 KiB at a time; a name in gzip's header (RFC 1952, section 2.3) moves all that follows.
        let versions = (0...packed.count - 10).map { position in
            var header = Array(packed[..<10])
            header[3] |= 8
            return header + [UInt8](repeating: 110, count: 4_096 - 11 - position) + [0] + packed[10...]
        }
        for (position, end) in try await ends(versions).enumerated() {
            #expect(try end?.get().bytes == plain, "cut at \(position)")
        }
    }

    @Test("52: a page whose gzip ends early, wherever, is none")
    func everyEnd() async throws {
        let packed = try Gzip.compress(plain)
        for (count, end) in try await ends((1..<packed.count).map { Array(packed[..<$0]) }).enumerated() {
            guard case .failure(let error) = end else {
                Issue.record("accepted \(count + 1) of \(packed.count) bytes")
                continue
            }
            #expect(error.code.cause == .broken || error.code.cause == .violation)
        }
    }

    @Test("52: a page whose gzip is damaged is the right page or none", arguments: ["gzip", "gzip, gzip"])
    func damage(encoding: String) async throws {
        var packed = try Gzip.compress(plain)
        if encoding == "gzip, gzip" { packed = try Gzip.compress(packed) }
        var generator = SeededGenerator(state: 23)
        let versions = (0..<1_500).map { _ in
            var bytes = packed
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                bytes[Int.random(in: bytes.indices, using: &generator)] ^= UInt8.random(in: 1...255, using: &generator)
            }
            return bytes
        }
        var refused = 0
        for (number, end) in try await ends(versions, encoding: encoding).enumerated() {
            switch end {
            // The header's time and system may well be other ones.
            case .success(let response): #expect(response.bytes == plain, "version \(number)")
            case .failure: refused += 1
            case nil: Issue.record("no result of version \(number)")
            }
        }
        #expect(refused > 1_000)
    }
}
