import Foundation
import Scheduling
import SystemPackage
import TestSupport
import Testing

/// A server that asks upstream again for pages that somebody asks for.
@Suite("Refresh of pages") struct PageRefreshTests {
    private let upstream = ScriptedUpstream()

    private func served(_ names: [String], _ arguments: [String] = []) throws -> (TestMirror, LarderServer) {
        upstream.publish(try names.map { try ScriptedProject($0) })
        let mirror = try TestMirror(of: upstream.url, configuration: ["retries": "0"])
        let result = try mirror.sync()
        try #require(result.exitCode == 0, "\(result)")
        return (mirror, try LarderServer(root: mirror.root, ["--refresh-after", "1s"] + arguments))
    }

    private func publish(_ name: String, _ versions: [String], serial: Int) throws {
        var project = try ScriptedProject(name, versions: versions)
        project.serial = serial
        upstream.publish(project)
    }

    private func requests(_ name: String) -> Int { upstream.requests.count { $0.path == "/simple/\(name)/" } }

    /// Asks until a page lists as many files as it should; `false` when it does not come to that.
    private func lists(_ count: Int, _ path: String, _ server: LarderServer) throws -> Bool {
        for _ in 0..<200 {
            let answer = try server.get(path, ["Accept": "application/vnd.pypi.simple.v1+json"])
            guard answer.status == 200 else { return false }
            if String(decoding: answer.body, as: UTF8.self).components(separatedBy: "\"filename\"").count == count + 1 {
                return true
            }
            usleep(100_000)
        }
        return false
    }

    @Test("A page that is asked for follows upstream, is served as it is meanwhile, and no other one is asked for")
    func refreshed() throws {
        let (mirror, server) = try served(["six", "idna"])
        let before = (requests("six"), requests("idna"))
        try publish("six", ["1.0", "1.1"], serial: 2)
        try publish("idna", ["1.0", "1.1"], serial: 3)
        usleep(1_500_000)
        let first = try server.get("/simple/six/", ["Accept": "application/vnd.pypi.simple.v1+json"])
        #expect(first.status == 200 && !String(decoding: first.body, as: UTF8.self).contains("1.1"))
        #expect(try lists(2, "/simple/six/", server))
        #expect(requests("six") > before.0)
        #expect(requests("idna") == before.1)
        // What nobody has, a list, a package and a snapshot ask for nothing.
        let count = upstream.requests.count { $0.path != "/simple/six/" }
        for path in ["/simple/absent/", "/simple/", "/snapshots/x/simple/idna/", "/status.json", "/"] {
            _ = try server.get(path)
        }
        usleep(3_000_000)
        #expect(upstream.requests.count { $0.path != "/simple/six/" } == count)
        let verify = try mirror.verify()
        #expect(verify.exitCode == 0, "\(verify)")
        server.program.stop()
        #expect(try server.output.contains("\"refreshed\":"))
    }

    @Test("Without the option nothing is asked for")
    func off() throws {
        upstream.publish([try ScriptedProject("six")])
        let mirror = try TestMirror(of: upstream.url)
        #expect(try mirror.sync().exitCode == 0)
        let server = try LarderServer(root: mirror.root)
        let count = upstream.requests.count
        for _ in 0..<30 {
            #expect(try server.get("/simple/six/").status == 200)
            usleep(100_000)
        }
        #expect(upstream.requests.count == count)
    }

    @Test("Pages are served on while upstream fails, and follow it once it is back")
    func failing() throws {
        let (mirror, server) = try served(["six"])
        upstream.set("/simple/six/", .failing("503 Down"))
        usleep(1_200_000)
        let before = requests("six")
        for _ in 0..<40 where requests("six") == before {
            #expect(try server.get("/simple/six/").status == 200)
            usleep(100_000)
        }
        #expect(requests("six") > before)
        try publish("six", ["1.0", "1.1"], serial: 2)
        #expect(try lists(2, "/simple/six/", server))
        #expect(try mirror.verify().exitCode == 0)
    }

    @Test("A command of the mirror waits for a refresh instead of failing, and a refresh for the command")
    func besideCommands() throws {
        let (mirror, server) = try served(["six"])
        // The refresh takes a while.
        let gate = ScriptedUpstream.Gate()
        var reply = ScriptedUpstream.Reply.failing("503 Down")
        reply.gate = gate
        upstream.set("/simple/six/", reply)
        usleep(1_200_000)
        let before = requests("six")
        #expect(try server.get("/simple/six/").status == 200)
        for _ in 0..<100 where requests("six") == before { usleep(50_000) }
        try #require(requests("six") > before)
        let isOpen = Locked(false)
        DispatchQueue.global().async {
            usleep(1_000_000)
            isOpen.withLock { $0 = true }
            gate.open()
        }
        let gc = try mirror.run("gc")
        #expect(gc.exitCode == 0, "\(gc)")
        #expect(isOpen.withLock { $0 })
        // Another command is nobody to wait for, as ever.
        let held = try HeldLock(mirror.root.appending("lock"))
        let refused = try mirror.run("gc")
        #expect(refused.exitCode == 75, "\(refused)")
        _ = consume held
        try publish("six", ["1.0", "1.1"], serial: 2)
        #expect(try lists(2, "/simple/six/", server))
    }

    @Test("Pages are asked for again by what configuration and lists say by now")
    func changedPolicy() throws {
        var six = try ScriptedProject("six", versions: ["1.0", "1.1"])
        upstream.publish([six, try ScriptedProject("idna"), try ScriptedProject("gone")])
        let mirror = try TestMirror(of: upstream.url, configuration: ["retries": "0"])
        #expect(try mirror.sync().exitCode == 0)
        let told = try mirror.run("status", "--json").report.int("lastSync.finished")
        let server = try LarderServer(root: mirror.root, ["--refresh-after", "1s"])
        try mirror.configure("releases", "[\"six==1.1\"]", in: "[policy.blocked]")
        #expect(try mirror.run("block", "gone").exitCode == 0)
        #expect(try mirror.sync().exitCode == 0)
        let synced = try mirror.run("status", "--json").report.int("lastSync.finished")
        #expect(try server.get("/simple/gone/").status != 500)
        six = try ScriptedProject("six", versions: ["1.0", "1.1", "1.2"])
        six.serial = 2
        upstream.publish(six)
        usleep(1_200_000)
        #expect(try lists(2, "/simple/six/", server))
        let page = try server.get("/simple/six/", ["Accept": "application/vnd.pypi.simple.v1+json"])
        let text = String(decoding: page.body, as: UTF8.self)
        #expect(text.contains("six-1.2-") && !text.contains("six-1.1-"), "\(text)")
        // A refresh is no sync that monitors are told of.
        #expect(told != nil && synced != nil)
        #expect(try mirror.run("status", "--json").report.int("lastSync.finished") == synced)
        let verify = try mirror.verify()
        #expect(verify.exitCode == 0, "\(verify)")
    }

    @Test("A time that is none is refused", arguments: ["soon", "-1h", "1.5.h"])
    func refused(time: String) throws {
        upstream.publish([try ScriptedProject("six")])
        let mirror = try TestMirror(of: upstream.url)
        let result = try mirror.run("serve", "--listen", "127.0.0.1:0", "--refresh-after=\(time)")
        #expect(result.exitCode == 64 && "\(result)".contains("--refresh-after: "), "\(result)")
    }
}
