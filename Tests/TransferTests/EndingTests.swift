import Digest
import FileIO
import Foundation
import SystemPackage
import TestSupport
import Testing
import Transfer

@Suite("How transfers end")
struct EndingTests {
    @Test("32, 57: what ends while others are let go on ends once")
    func endsOnce() async throws {
        let piece = noise(16 << 10)
        let server = ScriptedServer { connection, _, _ in
            connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            while connection.send("4000\r\n"), connection.send(piece), connection.send("\r\n") {}
            return .close
        }
        defer { server.stop() }
        for _ in 0..<10 {
            let fixture = try EngineFixture {
                $0.bufferedBytes = 64 << 10
                $0.connections = 16
                $0.retries = 0
            }
            let engine = fixture.engine
            await withTaskGroup(of: Void.self) { group in
                for number in 0..<16 {
                    // Each is over its limit as soon as it may go on.
                    var request = TransferRequest.page(server.url("/\(number)"), accept: nil)
                    request.maximumByteCount = UInt64(20_000 + number * 1_000)
                    group.addTask { [request] in _ = await engine.perform(request) }
                }
                group.addTask {
                    try? await Task.sleep(for: .milliseconds(5))
                    engine.shutdown()
                }
            }
            #expect(engine.statistics.failed == 16)
        }
    }

    @Test("50: cancelled in the middle, a file is left with what its server said of it, not with what it said before")
    func cancelledPart() async throws {
        let file = ResumableFile(body: noise(300_000), etag: "\"two\"")
        let server = ScriptedServer { connection, request, _ in
            // The version is another one: all of it comes, as far as it comes.
            connection.send("HTTP/1.1 200 OK\r\nETag: \"two\"\r\nContent-Length: 300000\r\n\r\n")
            connection.send(Array(file.body[..<200_000]))
            connection.waitForEnd()
            return .close
        }
        defer { server.stop() }
        let fixture = try EngineFixture()
        try fixture.leave(noise(1_000))
        let validator = FilePath(fixture.part.string + ".validator")
        try POSIXFileSystem().write(
            Array("\"one\"\n".utf8),
            toNewFile: validator,
            permissions: [.ownerReadWrite],
            durably: false
        )
        let task = Task { await fixture.resume(server.url(), try file.expectation) }
        try await eventually { fixture.engine.statistics.bytesReceived == 200_000 }
        task.cancel()
        #expect(try await task.value.code == .cancelled)
        #expect(server.requests.first?.header("If-Range") == "\"one\"")
        let kept = try fixture.bytes("part")
        #expect(!kept.isEmpty && kept == Array(file.body[..<kept.count]))
        #expect(String(decoding: try fixture.bytes("part.validator"), as: UTF8.self) == "\"two\"\n")
    }

    @Test("50: what says nothing against a part does not cost it", arguments: [403, 404, 407, 500])
    func keptPart(status: Int) async throws {
        let file = ResumableFile(body: noise(50_000))
        let server = ScriptedServer { connection, _, _ in
            connection.answer(status: "\(status) No")
            return .keepAlive
        }
        defer { server.stop() }
        let fixture = try EngineFixture { $0.retries = 0 }
        try fixture.leave(Array(file.body[..<20_000]))
        #expect(await fixture.resume(server.url(), try file.expectation).code != nil)
        let down = await fixture.resume("http://127.0.0.1:\(ScriptedServer.unusedPort())/", try file.expectation)
        #expect(down.code == .unreachable)
        #expect(try fixture.bytes("part") == Array(file.body[..<20_000]))
    }
}
