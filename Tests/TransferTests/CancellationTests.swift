import Foundation
import Glibc
import Scheduling
import SystemPackage
import TestSupport
import Testing
import Transfer

/// In a process of its own, where nothing else opens descriptors or starts threads.
@Suite("Cancelled a thousand times")
struct CancellationTests {
    @Test("32: 1,000 cancellations at random leave descriptors, threads and files as they were")
    func thousand() async {
        await #expect(processExitsWith: .success) {
            try await CancellationTests.cancelAThousandTimes()
        }
    }

    private static func cancelAThousandTimes() async throws {
        let inherited = Set(openDescriptors().keys)
        let body = noise(300_000)
        let server = ScriptedServer { connection, request, number in
            switch number % 5 {
            case 0:
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n")
                connection.send(Array(body[..<100_000]))
                connection.waitForEnd()
                return .close
            case 1:
                connection.waitForEnd()
                return .close
            case 2:
                connection.answer(status: "302 Found", headers: ["Location: /again"])
            case 3:
                connection.answer(status: "503 Busy", headers: ["Retry-After: 600"])
            default:
                connection.answer(body)
            }
            return .keepAlive
        }
        // The threads of tasks and of the process itself are there before anything is counted.
        try await warmUp(server)
        try await eventually { server.openConnections == 0 && engineThreads().isEmpty }
        let before = try await settledDescriptors(except: inherited)
        do {
            let fixture = try EngineFixture {
                $0.connections = 6
                $0.retryAfterLimit = .milliseconds(2)
            }
            var isCancelled = 0
            for round in 0..<100 {
                let tasks = (0..<10).map { number in
                    Task { await fixture.file(server.url("/\(number)"), named: "\(round)-\(number)", size: 300_000) }
                }
                for task in tasks.shuffled() {
                    usleep(UInt32.random(in: 0..<800))
                    task.cancel()
                }
                for (number, task) in tasks.enumerated() {
                    switch await task.value {
                    case .success:
                        try FileManager.default.removeItem(
                            atPath: fixture.directory.appending("\(round)-\(number)").string
                        )
                    case .failure(let error):
                        #expect(error.code == .cancelled)
                        isCancelled += 1
                    }
                }
            }
            #expect(isCancelled > 300)
            #expect(try fixture.names.isEmpty)
            try await eventually { fixture.engine.statistics.inFlight == 0 && fixture.engine.statistics.waiting == 0 }
            fixture.engine.shutdown()
        }
        try await eventually { server.openConnections == 0 && engineThreads().isEmpty }
        let after = try await settledDescriptors(except: inherited)
        #expect(after == before, "\(after.difference(from: before))")
        server.stop()
    }

    private static func warmUp(_ server: ScriptedServer) async throws {
        let fixture = try EngineFixture()
        let tasks = (0..<20).map { number in Task { await fixture.file(server.url(), named: "\(number)") } }
        for task in tasks {
            try await Task.sleep(for: .milliseconds(2))
            task.cancel()
            _ = await task.value
        }
        fixture.engine.shutdown()
    }

    /// The descriptors once nothing is closing any more: a connection counts as gone a moment before its descriptor is.
    ///
    /// Those that were inherited are left out: their files are other tests', which rename and remove them meanwhile.
    private static func settledDescriptors(except inherited: Set<String>) async throws -> [String] {
        func own() -> [String] { openDescriptors().filter { !inherited.contains($0.key) }.values.sorted() }
        var last = own()
        var equal = 0
        try await eventually {
            usleep(50_000)
            let now = own()
            equal = now == last ? equal + 1 : 0
            last = now
            return equal >= 10
        }
        return last
    }

    /// What each open descriptor leads to, by its number; numbers of sockets and the like are left out.
    private static func openDescriptors() -> [String: String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        let targets = names.compactMap { name in
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(name)"))
                .map { (name, String($0.prefix { $0 != "[" })) }
        }
        return Dictionary(uniqueKeysWithValues: targets.filter { !$0.1.hasPrefix("/proc/") })
    }

    /// The names of the threads that belong to engines.
    private static func engineThreads() -> [String] {
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
        return threads.compactMap { try? String(contentsOfFile: "/proc/self/task/\($0)/comm", encoding: .utf8) }
            .filter { $0.hasPrefix("transfer-") || $0.hasPrefix("scripted-conn") }
    }
}
