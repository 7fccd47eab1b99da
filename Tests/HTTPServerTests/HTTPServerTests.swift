import FileIO
import Foundation
import Glibc
import HTTPServer
import Scheduling
import ServedTree
import SystemPackage
import TestSupport
import Testing

/// What a server grants its clients, over real sockets.
@Suite("The HTTP server") struct HTTPServerTests {
    private let folder: TemporaryFolder
    private let large: FilePath

    init() throws {
        folder = try TemporaryFolder()
        large = folder.path.appending("large")
        try Data((0..<4_000_000).map { UInt8(truncatingIfNeeded: $0 / 1_000) }).write(
            to: URL(fileURLWithPath: large.string)
        )
    }

    private func server(
        _ change: (inout ServerLimits) -> Void = { _ in },
        record: (@Sendable (AccessRecord) -> Void)? = nil
    ) async throws -> HTTPServer {
        var limits = ServerLimits()
        change(&limits)
        let (large, address) = (large, try #require(ListenAddress("127.0.0.1:0")))
        return try await HTTPServer(on: address, limits: limits, threads: 2, record: record) { request in
            switch request.target {
            case "/large":
                return .now(
                    Result { () throws(FileError) in
                        guard let file = try LinkedFile.open(large) else { return .plain(404, "gone") }
                        let size = file.size
                        return ServedAnswer(
                            status: 200,
                            fields: [("Content-Length", "\(size)")],
                            body: request.isHead ? .none : .file(file, 0..<size)
                        )
                    }
                )
            case "/medium": return .now(.success(.plain(200, String(repeating: "m", count: 60_000))))
            case "/slow":
                return .later {
                    try? await Task.sleep(for: .milliseconds(700))
                    return .plain(200, "slow")
                }
            case "/stuck":
                return .later {
                    try? await Task.sleep(for: .seconds(5))
                    return .plain(200, "stuck")
                }
            default: return .now(.success(.plain(200, "at \(request.target)")))
            }
        }
    }

    /// A connection to a server.
    private final class Client {
        let descriptor: Int32

        init(_ server: HTTPServer, receiveBuffer: Int32? = nil) throws {
            descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            if var size = receiveBuffer {
                setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
            }
            var timeout = timeval(tv_sec: 20, tv_usec: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = in_port_t(UInt16(server.address.port)).bigEndian
            address.sin_addr.s_addr = inet_addr("127.0.0.1")
            let result = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            guard result == 0 else { throw Errno(rawValue: errno) }
        }

        deinit { close(descriptor) }

        func send(_ text: String) {
            _ = text.utf8.withContiguousStorageIfAvailable { write(descriptor, $0.baseAddress, $0.count) }
        }

        /// What comes until the connection ends, or nothing comes for twenty seconds.
        func rest() async -> [UInt8]? {
            // Blocking calls have no place among tasks.
            let descriptor = descriptor
            return await Self.threads.run { Self.rest(of: descriptor) }
        }

        private static let threads = WorkerPool(name: "clients", threadCount: 16)

        private static func rest(of descriptor: Int32) -> [UInt8]? {
            var bytes: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            while true {
                let count = read(descriptor, &buffer, buffer.count)
                if count == 0 || count < 0 && errno == ECONNRESET { return bytes }
                if count < 0 { return nil }
                bytes += buffer[..<count]
            }
        }

        func text() async -> String? { await rest().map { String(decoding: $0, as: UTF8.self) } }
    }

    private func eventually(_ condition: () -> Bool) async throws {
        for _ in 0..<1_000 where !condition() { try await Task.sleep(for: .milliseconds(10)) }
        #expect(condition())
    }

    @Test("Requests that come at once are answered in their order")
    func pipelined() async throws {
        let server = try await server()
        let client = try Client(server)
        client.send((1...50).map { "GET /\($0) HTTP/1.1\r\nHost: x\r\n\r\n" }.joined())
        client.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\nHEAD /large HTTP/1.1\r\nHost: x\r\n\r\n")
        client.send("GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        let text = try #require(await client.text())
        let bodies = text.matches(of: /at \/([0-9]+|last)\n|slow\n/).map { String($0.0) }
        #expect(bodies == (1...50).map { "at /\($0)\n" } + ["slow\n", "at /last\n"])
        #expect(text.contains("Content-Length: 4000000\r\n") && text.utf8.count < 20_000)
        await server.stop(within: .seconds(1))
    }

    @Test(
        "A client that takes its time for a request, or says nothing, is let go",
        arguments: ["", "GET / HT", "GET / HTTP/1.1\r\nHost: x\r\n\r\n"]
    )
    func slowHead(begin: String) async throws {
        let server = try await server { $0.headTime = .milliseconds(400) }
        let client = try Client(server)
        client.send(begin)
        for _ in 0..<4 where !begin.hasSuffix("\r\n\r\n") && !begin.isEmpty {
            try await Task.sleep(for: .milliseconds(50))
            client.send("x")
        }
        #expect(await client.rest() != nil)
        try await eventually { server.connectionCount == 0 }
        await server.stop(within: .seconds(1))
    }

    @Test("A client that does not take its answer is let go, and one that is only slow is not")
    func slowReader() async throws {
        let server = try await server {
            $0.pieceTime = .milliseconds(500)
            $0.pieceBytes = 1 << 18
        }
        let deaf = try Client(server, receiveBuffer: 4_096)
        deaf.send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        try await eventually { server.connectionCount == 0 }
        let slow = try Client(server, receiveBuffer: 1 << 18)
        slow.send("GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        var (count, buffer) = (0, [UInt8](repeating: 0, count: 1 << 18))
        while case let part = read(slow.descriptor, &buffer, buffer.count), part > 0 {
            count += part
            usleep(20_000)
        }
        #expect(count > 4_000_000)
        await server.stop(within: .seconds(1))
    }

    @Test("Large answers and thousands of small ones that were asked for at once all come")
    func many() async throws {
        let server = try await server()
        let client = try Client(server)
        let large = "GET /large HTTP/1.1\r\nHost: x\r\n\r\n"
        client.send(large + large + String(repeating: "GET /s HTTP/1.1\r\nHost: x\r\n\r\n", count: 5_000))
        client.send("GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        let bytes = try #require(await client.rest())
        #expect(bytes.suffix(9).elementsEqual("at /last\n".utf8))
        #expect(bytes.count > 8_000_000 + 5_000 * 100)
        await server.stop(within: .seconds(1))
    }

    @Test("Who asks and does not read is answered no further than that")
    func unread() async throws {
        let records = Locked(0)
        let server = try await server(record: { _ in records.withLock { $0 += 1 } })
        let client = try Client(server, receiveBuffer: 4_096)
        client.send(String(repeating: "GET /medium HTTP/1.1\r\nHost: x\r\n\r\n", count: 2_000))
        try await Task.sleep(for: .seconds(1))
        // What the sockets hold, and one more.
        let answered = records.withLock { $0 }
        #expect((1..<200).contains(answered), "\(answered)")
        await server.stop(within: .milliseconds(100))
    }

    @Test("More connections than are granted are closed at once, and there is room again when some end")
    func crowd() async throws {
        let server = try await server { $0.connections = 20 }
        var clients = try (0..<20).map { _ in try Client(server) }
        try await eventually { server.connectionCount == 20 }
        let late = try Client(server)
        late.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(await late.rest() == [])
        clients.removeLast(5)
        try await eventually { server.connectionCount == 15 }
        let next = try Client(server)
        next.send("GET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        #expect(await next.text()?.contains("at /x") == true)
        withExtendedLifetime(clients) {}
        await server.stop(within: .seconds(1))
    }

    @Test(
        "What is no request, or none that is answered, ends soon",
        arguments: [
            ("nonsense\r\n\r\n", "400"), ("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n", "400"),
            ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab", "405"),
            ("GET / HTTP/1.1\r\nHost: x\r\nBad Name: 1\r\n\r\n", "400"),
            ("GET / HTTP/1.1\r\nHost: x\r\nX: \(String(repeating: "y", count: 200_000))\r\n\r\n", "4"),
            ("GET /\(String(repeating: "z", count: 200_000)) HTTP/1.1\r\nHost: x\r\n\r\n", "4"),
            (
                "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n\(String(repeating: "y", count: 300_000))",
                ""
            ),
        ]
    )
    func malformed(request: String, status: String) async throws {
        let server = try await server()
        let client = try Client(server)
        client.send(request)
        let text = try #require(await client.text())
        #expect(text.isEmpty && status.isEmpty || text.hasPrefix("HTTP/1.1 \(status)") || text.isEmpty && status == "4")
        try await eventually { server.connectionCount == 0 }
        await server.stop(within: .seconds(1))
    }

    @Test("Ending, it answers what is on its way, and takes nothing new")
    func graceful() async throws {
        let server = try await server()
        let (idle, busy, halfway) = (try Client(server), try Client(server), try Client(server))
        busy.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        halfway.send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        try await eventually { server.connectionCount == 3 }
        try await Task.sleep(for: .milliseconds(100))
        async let stopped: Void = server.stop(within: .seconds(10))
        #expect(await idle.rest() == [])
        #expect(await busy.text()?.contains("slow") == true)
        let count = await halfway.rest()?.count ?? 0
        #expect(count > 4_000_000)
        await stopped
        #expect(throws: (any Error).self) { try Client(server) }
    }

    @Test("What was asked for is told once it was answered")
    func recorded() async throws {
        let records = Locked<[AccessRecord]>([])
        let server = try await server(record: { record in records.withLock { $0.append(record) } })
        let client = try Client(server)
        client.send("GET /a%22b HTTP/1.1\r\nHost: x\r\nUser-Agent: pip \"1\" \\x \u{e9}\r\n\r\n")
        client.send("HEAD /large HTTP/1.1\r\nHost: x\r\nReferer: y\r\nConnection: close\r\n\r\n")
        _ = await client.rest()
        let (first, second) = records.withLock { ($0[0], $0[1]) }
        #expect((first.status, first.bytes, first.target) == (200, 10, "/a%22b"))
        #expect((second.method, second.bytes, second.referrer) == ("HEAD", 0, "y"))
        let line = first.line
        #expect(
            line.hasPrefix("127.0.0.1 - - [") && line.hasSuffix("\"pip \\x221\\x22 \\x5cx \\xc3\\xa9\"\n"),
            "\(line)"
        )
        #expect(line.contains("+0000] \"GET /a%22b HTTP/1.1\" 200 10 \"-\" "), "\(line)")
        await server.stop(within: .seconds(1))
    }

    @Test("Who waits too long for an answer is told so, and gets no second one")
    func lateAnswer() async throws {
        let records = Locked<[Int]>([])
        let server = try await server(
            { $0.answerTime = .milliseconds(200) },
            record: { record in records.withLock { $0.append(record.status) } }
        )
        let client = try Client(server)
        client.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\nGET /next HTTP/1.1\r\nHost: x\r\n\r\n")
        let text = try #require(await client.text())
        #expect(text.hasPrefix("HTTP/1.1 504 ") && text.contains("Connection: close"), "\(text)")
        #expect(text.components(separatedBy: "HTTP/1.1").count == 2, "\(text)")
        #expect(!text.contains("Cache-Control"))
        try await Task.sleep(for: .seconds(1))
        #expect(records.withLock { $0 } == [504])
        try await eventually { server.connectionCount == 0 }
        await server.stop(within: .seconds(1))
    }

    @Test("An answer that is cut off is told with what was sent of it, and one that nobody waited for as such")
    func cutOff() async throws {
        let records = Locked<[AccessRecord]>([])
        let server = try await server(
            { $0.pieceBytes = 100_000 },
            record: { record in records.withLock { $0.append(record) } }
        )
        do {
            let client = try Client(server, receiveBuffer: 4_096)
            client.send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
            // Until the sockets take no more.
            try await Task.sleep(for: .milliseconds(300))
        }
        try await eventually { server.connectionCount == 0 }
        do {
            let client = try Client(server)
            client.send("GET /stuck HTTP/1.1\r\nHost: x\r\n\r\n")
            try await eventually { server.connectionCount == 1 }
        }
        try await eventually { records.withLock { $0.count } == 2 }
        let told = records.withLock { $0 }
        #expect(told.map(\.client) == ["127.0.0.1", "127.0.0.1"])
        #expect(told.map(\.status) == [200, 499])
        #expect((1..<4_000_000).contains(told[0].bytes) && told[1].bytes == 0, "\(told)")
        await server.stop(within: .seconds(1))
    }
}
