import DemoUpstream
import Digest
import Foundation
import SystemPackage
import TestSupport
import Testing

/// A server that fetches what somebody asks for.
@Suite("Files on demand") struct OnDemandTests {
    private let upstream = ScriptedUpstream()

    private func served(
        _ projects: [ScriptedProject],
        files: String = "on-demand",
        _ configuration: [String: String] = [:]
    ) throws -> (TestMirror, LarderServer) {
        upstream.publish(projects)
        let mirror = try TestMirror(
            of: upstream.url,
            configuration: configuration.merging(["retries": "0"]) { first, _ in first }
        )
        try mirror.configure("files", "\"\(files)\"", in: "[select]")
        let result = try mirror.sync()
        try #require(result.exitCode == 0, "\(result)")
        return (mirror, try LarderServer(root: mirror.root, ["--on-demand"]))
    }

    /// The path of the only file of a project, or of one of several.
    private func path(_ mirror: TestMirror, _ project: String, _ place: Int = 0) throws -> String {
        let urls = try mirror.page(project).objects("files").compactMap { $0.text("url") }
        return try #require(urls.dropFirst(place).first).replacing("../../", with: "/")
    }

    /// Where a file lies that was fetched, once it has its name.
    private func kept(_ mirror: TestMirror, _ path: String) -> FilePath {
        let link = mirror.root.appending("web").appending(String(path.dropFirst()))
        for _ in 0..<250 where !FileManager.default.fileExists(atPath: link.string) { usleep(20_000) }
        return link
    }

    /// How often a file was asked for upstream.
    private func requests(_ file: String) -> Int { upstream.requests.count { $0.path == "/files/\(file)" } }

    private static let wheel = "six-1.0-py3-none-any.whl"

    /// A project with one large file.
    private static func large(bytes count: Int) throws -> ScriptedProject {
        var project = try ScriptedProject("big", versions: [])
        var generator = SystemRandomNumberGenerator()
        let bytes = (0..<count / 8).flatMap { _ in withUnsafeBytes(of: generator.next()) { Array($0) } }
        project.files = [try .init(filename: "big-1.0.tar.gz", bytes: bytes)]
        return project
    }

    @Test("34, 36: a file comes when it is asked for, once, is kept, and is served without upstream from then on")
    func kept() throws {
        let project = try ScriptedProject("six")
        let (mirror, server) = try served([project])
        let path = try path(mirror, "six")
        let head = try server.get(path, method: "HEAD")
        #expect(head.status == 200 && head.fields["content-length"] == "\(project.files[0].bytes.count)")
        #expect(requests(Self.wheel) == 0)
        let first = try server.get(path)
        #expect(first.status == 200 && first.body == project.files[0].bytes)
        #expect(first.fields["content-type"] == "application/octet-stream")
        #expect(first.fields["content-length"] == "\(project.files[0].bytes.count)")
        #expect(first.fields["content-encoding"] == nil && first.maxAge == 31_536_000)
        for _ in 0..<3 { #expect(try server.get(path).body == project.files[0].bytes) }
        #expect(requests(Self.wheel) == 1)
        // From the disk, as any web server has it.
        let link = kept(mirror, path)
        #expect(FileManager.default.contents(atPath: link.string).map(Array.init) == project.files[0].bytes)
        #expect(try mirror.verify().exitCode == 0)
        // Nothing of it is garbage; whoever may change records enters it, and a sync takes it as it is.
        #expect(try mirror.run("status", "--json").report.int("knownFiles") == 1)
        #expect(try mirror.run("gc", "--grace", "0").exitCode == 0)
        #expect(try mirror.run("publish").exitCode == 0)
        #expect(try mirror.run("status", "--json").report.int("knownFiles") == 0)
        #expect(try mirror.verify().exitCode == 0)
        #expect(try mirror.sync("--fill").report.int("requests.files") == 0)
        #expect(try mirror.run("status", "--json").report.int("files") == 1)
        #expect(try mirror.verify().exitCode == 0)
        #expect(try server.get(path).body == project.files[0].bytes)
    }

    @Test(
        "Behind a web server, what is here is served by that, and what is not comes through it",
        arguments: WebServer.installed.filter { $0 != .larder }
    )
    func behind(kind: WebServer) throws {
        let large = try Self.large(bytes: 2_000_000)
        let (mirror, streamer) = try served([try ScriptedProject("six"), large])
        let front = try kind.type.init { listen in
            let place = ["--listen", listen, "--on-demand", "--streamer", "127.0.0.1:\(streamer.port)"]
            let result = try mirror.run(arguments: ["layout", kind.rawValue] + place)
            try #require(result.exitCode == 0, "\(result)")
            return result.output
        }
        let path = try path(mirror, "big")
        #expect((400..<500).contains(try front.get(path, method: "POST").status))
        #expect(try front.get(path, method: "HEAD").fields["content-length"] == "2000000")
        let first = try front.get(path)
        let isSame = first.body == large.files[0].bytes
        #expect(first.status == 200 && isSame && first.maxAge == 31_536_000, "\(first.status) \(first.body.count)")
        #expect(first.fields["content-type"] == "application/octet-stream")
        _ = kept(mirror, path)
        streamer.program.stop()
        #expect(try front.get(path, ["Range": "bytes=0-9"]).status == 206)
        // Without the one behind it, what is not here is an error of the moment and nothing that lasts.
        let absent = try front.get(try self.path(mirror, "six"))
        #expect((502...504).contains(absent.status) && absent.maxAge == nil)
        #expect(try front.get("/simple/six/").status == 200)
        #expect(requests("big-1.0.tar.gz") == 1)
    }

    @Test("A sidecar that is not the metadata of the wheel that came leaves the page")
    func wrongSidecar() throws {
        var project = try ScriptedProject("six")
        project.files[0].metadata = Array("Metadata-Version: 2.1\nName: six\nVersion: 9.9\n".utf8)
        let (mirror, server) = try served([project])
        #expect(try server.get(try path(mirror, "six")).status == 200)
        _ = kept(mirror, try path(mirror, "six"))
        #expect(try mirror.page("six").objects("files").first?.has("core-metadata.sha256") == true)
        #expect(try mirror.run("publish").exitCode == 0)
        #expect(try mirror.page("six").objects("files").first?.has("core-metadata.sha256") == false)
        #expect(try mirror.verify().exitCode == 0)
        #expect(try mirror.run("why", "six").output.contains("its sidecar is left out"))
    }

    @Test("Only what a page lists can be asked for")
    func closed() throws {
        let projects = [try ScriptedProject("six"), try ScriptedProject("gone"), try ScriptedProject("bad")]
        let (mirror, server) = try served(projects, ["minimum-age": "\"0s\""])
        let paths = try ["six", "gone", "bad"].map { try path(mirror, $0) }
        #expect(try mirror.run("block", "bad").exitCode == 0)
        upstream.publish([projects[0], projects[2]])
        upstream.remove("/simple/gone/")
        #expect(try mirror.sync("--accept-removals").exitCode == 0)
        let before = upstream.requests.count
        #expect(try server.get(paths[1]).status == 404)
        #expect(try server.get(paths[2]).status == 404)
        let hex = String(repeating: "a", count: 60)
        for path in [
            "/packages/aa/aa/\(hex)/\(Self.wheel)", paths[0] + "x", paths[0].replacing("six-1.0", with: "six-1.1"),
            "/packages/aa/aa/\(hex)/-", "/packages/aa/aa/\(hex)/----------", "/packages/aa/aa/\(hex)/six",
            "/files/\(Self.wheel)", paths[0] + ".metadata.metadata",
        ] {
            #expect(try server.get(path).status == 404, "\(path)")
        }
        #expect(upstream.requests.count == before)
        #expect(try server.get(paths[0]).status == 200)
    }

    @Test("36, 38: wrong bytes are never served whole nor kept, and the next host is asked")
    func wrongBytes() throws {
        let project = try Self.large(bytes: 1_000_000)
        let (mirror, server) = try served([project])
        let path = try path(mirror, "big")
        var wrong = project.files[0].bytes
        wrong[900_000] ^= 1
        upstream.set("/files/big-1.0.tar.gz", .init(body: wrong))
        let answer = try? server.get(path)
        #expect(answer == nil || answer?.body.count ?? 0 < wrong.count)
        #expect(try mirror.run("status", "--json").report.int("objects") == 0)
        // For a while nobody is bothered with it again.
        let asked = requests("big-1.0.tar.gz")
        let again = try server.get(path)
        #expect(again.status == 504 && again.text.contains("big-1.0.tar.gz"))
        #expect(again.maxAge == nil && requests("big-1.0.tar.gz") == asked)
        #expect(try mirror.verify().exitCode == 0)
    }

    @Test("36: the last part waits until the whole was checked")
    func heldBack() throws {
        let project = try Self.large(bytes: 1_000_000)
        let (mirror, server) = try served([project])
        let gate = ScriptedUpstream.Gate()
        var reply = ScriptedUpstream.Reply(body: project.files[0].bytes)
        reply.stallsAfter = 999_999
        upstream.set("/files/big-1.0.tar.gz", reply)
        defer { gate.open() }
        let url = server.url(try path(mirror, "big"))
        let target = mirror.folder.path.appending("part").string
        let curl = try BackgroundProgram(["/usr/bin/curl", "-sS", "-N", "-m", "3", "-o", target, url])
        curl.wait()
        let arrived = FileManager.default.contents(atPath: target)?.count ?? 0
        #expect(arrived > 400_000 && arrived <= 1_000_000 - 65_536, "\(arrived)")
    }

    @Test("37: however many ask for a file, it is asked for once, and who goes away harms nobody")
    func once() async throws {
        let project = try Self.large(bytes: 3_000_000)
        let (mirror, server) = try served([project])
        let gate = ScriptedUpstream.Gate()
        var reply = ScriptedUpstream.Reply(body: project.files[0].bytes)
        reply.gate = gate
        upstream.set("/files/big-1.0.tar.gz", reply)
        let path = try path(mirror, "big")
        let url = server.url(path)
        let leaver = try BackgroundProgram(["/usr/bin/curl", "-sS", "-m", "1", "-o", "/dev/null", url])
        let folder = mirror.folder.path
        let others = try (0..<20).map { number in
            try BackgroundProgram([
                "/usr/bin/curl", "-sS", "-m", "60", "-o", folder.appending("got-\(number)").string, url,
            ])
        }
        leaver.wait()
        gate.open()
        for (number, other) in others.enumerated() {
            other.wait()
            let got = FileManager.default.contents(atPath: folder.appending("got-\(number)").string)
            let isSame = got.map(Array.init) == project.files[0].bytes
            #expect(isSame, "\(number): \(got?.count ?? -1) bytes")
        }
        #expect(requests("big-1.0.tar.gz") == 1)
        #expect(try server.get(path).body.count == 3_000_000)
        #expect(requests("big-1.0.tar.gz") == 1)
    }

    @Test("Who leaves alone does not stop the keeping")
    func leftAlone() throws {
        let project = try Self.large(bytes: 3_000_000)
        let (mirror, server) = try served([project])
        var reply = ScriptedUpstream.Reply(body: project.files[0].bytes)
        reply.delay = 1_500_000
        upstream.set("/files/big-1.0.tar.gz", reply)
        let path = try path(mirror, "big")
        let leaver = try BackgroundProgram(["/usr/bin/curl", "-sS", "-m", "1", "-o", "/dev/null", server.url(path)])
        leaver.wait()
        let link = kept(mirror, path)
        let isSame = FileManager.default.contents(atPath: link.string).map(Array.init) == project.files[0].bytes
        #expect(isSame)
        #expect(try mirror.verify().exitCode == 0)
    }

    @Test("40: ranges of what is on its way, conditions, and an answer's headers")
    func ranges() throws {
        let project = try Self.large(bytes: 1_000_000)
        let bytes = project.files[0].bytes
        for (range, expected) in [("0-9", 0..<10), ("500000-599999", 500_000..<600_000), ("-5", 999_995..<1_000_000)] {
            let (mirror, server) = try served([project])
            let answer = try server.get(try path(mirror, "big"), ["Range": "bytes=\(range)"])
            let isSame = answer.body == Array(bytes[expected])
            #expect(answer.status == 206 && isSame, "\(range): \(answer.status), \(answer.body.count) bytes")
            let last = expected.upperBound - 1
            #expect(answer.fields["content-range"] == "bytes \(expected.lowerBound)-\(last)/1000000")
        }
        let (mirror, server) = try served([project])
        let path = try path(mirror, "big")
        #expect(try server.get(path, ["Range": "bytes=1000000-"]).status == 416)
        var reply = ScriptedUpstream.Reply(body: bytes)
        reply.headers = [
            "Last-Modified: Thu, 01 Jan 2015 00:00:00 GMT", "Content-Encoding: gzip", "Connection: x-hop",
            "x-hop: 1", "Set-Cookie: secret=1",
        ]
        upstream.set("/files/big-1.0.tar.gz", reply)
        let (other, second) = try served([project])
        upstream.set("/files/big-1.0.tar.gz", reply)
        let answer = try second.get(try self.path(other, "big"))
        let isSame = answer.body == bytes
        #expect(isSame && answer.fields["last-modified"] == "Thu, 01 Jan 2015 00:00:00 GMT")
        #expect(answer.fields["etag"] != nil && answer.fields["accept-ranges"] == "bytes")
        for name in ["content-encoding", "x-hop", "set-cookie"] { #expect(answer.fields[name] == nil, "\(name)") }
    }

    @Test("39: with files = \"stream\" what passes is checked, and nothing of it is stored")
    func stream() throws {
        let project = try ScriptedProject("six")
        let (mirror, server) = try served([project], files: "stream")
        let before = try mirror.run("status", "--json").report.int("bytes")
        let path = try path(mirror, "six")
        for round in 1...2 {
            #expect(try server.get(path).body == project.files[0].bytes)
            usleep(300_000)
            #expect(requests(Self.wheel) == round)
        }
        #expect(try mirror.run("status", "--json").report.int("bytes") == before)
        let streaming = mirror.root.appending("streaming").string
        let left = FileManager.default.subpaths(atPath: streaming) ?? []
        #expect(left.filter { $0.hasSuffix(".part") } == [])
        #expect(try mirror.verify().exitCode == 0)
    }

    @Test("Upstream down: what is kept is served, what is not gets 504 with a reason, at once")
    func down() throws {
        let projects = [try ScriptedProject("six"), try ScriptedProject("demo")]
        let (mirror, server) = try served(projects)
        let (six, demo) = (try path(mirror, "six"), try path(mirror, "demo"))
        #expect(try server.get(six).status == 200)
        upstream.set("/files/demo-1.0-py3-none-any.whl", .failing("503 Service Unavailable"))
        let answer = try server.get(demo)
        #expect(answer.status == 504 && answer.text.contains("503"), "\(answer.text)")
        #expect(answer.fields["retry-after"] != nil && answer.maxAge == nil)
        #expect(try server.get(six).status == 200)
        #expect(try server.get("/simple/demo/").status == 200)
    }

    @Test("38: a host that has wrong bytes is passed over, and who has had none of them gets the right ones")
    func nextHost() throws {
        let project = try Self.large(bytes: 500_000)
        let bad = ScriptedUpstream()
        var wrong = project.files[0].bytes
        wrong[499_999] ^= 1
        bad.set("/files/big-1.0.tar.gz", .init(body: wrong))
        let (mirror, server) = try served([project], ["file-mirrors": "[\"\(bad.origin)/\"]"])
        let path = try path(mirror, "big")
        // Who asks first may have had bytes of the wrong file, and is cut off; the right one comes all the same.
        _ = try? server.get(path)
        var answer = try? server.get(path)
        for _ in 0..<100 where answer?.status != 200 || answer?.body.count != 500_000 {
            usleep(50_000)
            answer = try? server.get(path)
        }
        let isSame = answer?.body == project.files[0].bytes
        #expect(isSame)
        #expect(bad.requests.count { $0.path.hasSuffix("big-1.0.tar.gz") } >= 1)
        #expect(try mirror.verify().exitCode == 0)
    }

    @Test("What is blocked while it comes gets no name, and is served to nobody any more")
    func blockedMeanwhile() throws {
        let project = try Self.large(bytes: 500_000)
        let (mirror, server) = try served([project])
        let gate = ScriptedUpstream.Gate()
        var reply = ScriptedUpstream.Reply(body: project.files[0].bytes)
        reply.gate = gate
        upstream.set("/files/big-1.0.tar.gz", reply)
        let path = try path(mirror, "big")
        let reader = try BackgroundProgram(["/usr/bin/curl", "-sS", "-m", "30", "-o", "/dev/null", server.url(path)])
        for _ in 0..<250 where requests("big-1.0.tar.gz") == 0 { usleep(20_000) }
        #expect(try mirror.run("block", "big").exitCode == 0)
        gate.open()
        reader.wait()
        // Until it is committed.
        for _ in 0..<250 where try mirror.run("status", "--json").report.int("objects") == 0 { usleep(20_000) }
        usleep(200_000)
        #expect(try server.get(path).status == 404)
        #expect(try mirror.packageNames().isEmpty)
        #expect(try mirror.run("gc", "--grace", "0").exitCode == 0)
        #expect(try mirror.verify().exitCode == 0)
    }

    @Test("Without a size upstream, a file comes in chunks, or to the connection's end for who knows no chunks")
    func withoutSize() throws {
        let project = try Self.large(bytes: 300_000)
        upstream.publish([project])
        var entry: [String: Any] = ["filename": "big-1.0.tar.gz", "url": "../../files/big-1.0.tar.gz"]
        entry["hashes"] = ["sha256": project.files[0].claimedDigest]
        let meta: [String: Any] = ["api-version": "1.0", "_last-serial": 1]
        upstream.set("/simple/big/", .json(["meta": meta, "name": "big", "files": [entry]]))
        let mirror = try TestMirror(of: upstream.url, configuration: ["retries": "0"])
        try mirror.configure("files", "\"stream\"", in: "[select]")
        #expect(try mirror.sync().exitCode == 0)
        let server = try LarderServer(root: mirror.root, ["--on-demand"])
        let path = try path(mirror, "big")
        let head = try server.get(path, ["Connection": "keep-alive"], method: "HEAD")
        #expect(head.status == 200 && head.fields["connection"] == "close")
        for version in ["--http1.1", "--http1.0"] {
            let target = mirror.folder.path.appending("got").string
            let curl = try BackgroundProgram([
                "/usr/bin/curl", "-sS", version, "-m", "20", "-o", target, server.url(path),
            ])
            curl.wait()
            let isSame = FileManager.default.contents(atPath: target).map(Array.init) == project.files[0].bytes
            #expect(isSame, "\(version)")
        }
    }

    @Test("35: from a tree on disk files come on demand too")
    func localUpstream() throws {
        let project = try ScriptedProject("six")
        upstream.publish([project])
        let first = try TestMirror(of: upstream.url)
        #expect(try first.sync().exitCode == 0)
        let tree = "file://\(first.root.string)/web/simple/"
        let mirror = try TestMirror(of: tree, configuration: ["retries": "0"])
        try mirror.configure("files", "\"on-demand\"", in: "[select]")
        let sync = try mirror.sync()
        #expect(sync.exitCode == 0 && sync.report.int("files.downloaded") == 0, "\(sync)")
        let server = try LarderServer(root: mirror.root, ["--on-demand"])
        let path = try path(mirror, "six")
        let answer = try server.get(path)
        let isSame = answer.body == project.files[0].bytes
        #expect(answer.status == 200 && isSame, "\(answer.status)")
        _ = kept(mirror, path)
        #expect(try mirror.verify().exitCode == 0)
    }

    @Test("Files that wait for the disk keep no others from being fetched")
    func slowDisk() throws {
        let (mirror, server) = try served([try ScriptedProject("many", versions: (0..<1_030).map { "1.\($0)" })])
        let paths = try mirror.page("many").objects("files").compactMap {
            $0.text("url")?.replacing("../../", with: "/")
        }
        let held = try HeldLock(mirror.root.appending("lock.commit"))
        let list = paths.map { "url = \"\(server.url($0))\"\noutput = \"/dev/null\"\n" }.joined()
        let urls = mirror.folder.path.appending("urls").string
        try Data(list.utf8).write(to: URL(fileURLWithPath: urls))
        let curl = try BackgroundProgram([
            "/usr/bin/curl", "-sSf", "-Z", "--parallel-max", "50", "-m", "120", "-K", urls,
        ])
        #expect(curl.wait() == 0)
        #expect(upstream.requests.count { $0.path.hasSuffix(".whl") } == 1_030)
        // So many at once take this program, which is not optimized, a while to commit.
        server.program.signal(SIGKILL)
        withExtendedLifetime(held) {}
    }

    @Test("After a rebuild a running server goes on with the new index, and keeps by that")
    func rebuilt() async throws {
        let project = try Self.large(bytes: 2_000_000)
        let (mirror, server) = try served([try ScriptedProject("six"), project])
        let (small, large) = (try path(mirror, "six"), try path(mirror, "big"))
        // One is on its way meanwhile.
        var reply = ScriptedUpstream.Reply(body: project.files[0].bytes)
        let gate = ScriptedUpstream.Gate()
        reply.gate = gate
        upstream.set("/files/big-1.0.tar.gz", reply)
        async let coming = server.get(large)
        for _ in 0..<250 where requests("big-1.0.tar.gz") == 0 { try await Task.sleep(for: .milliseconds(20)) }
        for _ in 0..<2 { #expect(try mirror.run("rebuild").exitCode == 0) }
        let answers = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<8 { group.addTask { try server.get(small).status } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers == Array(repeating: 200, count: 8))
        _ = kept(mirror, small)
        #expect(requests(Self.wheel) == 1)
        gate.open()
        let isSame = try await coming.body == project.files[0].bytes
        #expect(isSame)
        // It is kept by the index that is there when it came.
        #expect(FileManager.default.fileExists(atPath: kept(mirror, large).string))
        #expect(requests("big-1.0.tar.gz") == 1)
        #expect(try mirror.verify().exitCode == 0)
    }

    @Test("What comes while a rebuild is on its way is not kept, as no index would know it, and comes again")
    func beingRebuilt() throws {
        let (mirror, server) = try served([try ScriptedProject("six")])
        let path = try path(mirror, "six")
        do {
            let held = try HeldLock(mirror.root.appending("lock.rebuild"))
            #expect(try server.get(path).status == 200)
            for _ in 0..<250 where !server.errors.contains("is not kept") { usleep(20_000) }
            #expect(server.errors.contains("is not kept"))
            withExtendedLifetime(held) {}
        }
        #expect(try mirror.verify().exitCode == 0)
        #expect(try server.get(path).status == 200)
        #expect(FileManager.default.fileExists(atPath: kept(mirror, path).string))
        #expect(requests(Self.wheel) == 2)
        #expect(try mirror.verify().exitCode == 0)
    }

    @Test("A server that is killed leaves nothing that is served, counted or kept")
    func killed() throws {
        let project = try Self.large(bytes: 2_000_000)
        let (mirror, server) = try served([project])
        var reply = ScriptedUpstream.Reply(body: project.files[0].bytes)
        reply.stallsAfter = 1_500_000
        upstream.set("/files/big-1.0.tar.gz", reply)
        let path = try path(mirror, "big")
        let reader = try BackgroundProgram(["/usr/bin/curl", "-sS", "-m", "30", "-o", "/dev/null", server.url(path)])
        let streaming = mirror.root.appending("streaming").string
        func parts() -> [String] {
            (FileManager.default.subpaths(atPath: streaming) ?? []).filter { $0.hasSuffix(".part") }
        }
        for _ in 0..<250 where parts().isEmpty { usleep(20_000) }
        #expect(parts().count == 1)
        // A sync beside it leaves what the living fetch.
        #expect(try mirror.sync().exitCode == 0)
        #expect(parts().count == 1)
        server.program.signal(SIGKILL)
        server.program.wait()
        reader.wait()
        #expect(try mirror.sync().exitCode == 0)
        #expect(parts() == [])
        #expect(try mirror.verify().exitCode == 0)
        upstream.publish([project])
        let again = try LarderServer(root: mirror.root, ["--on-demand"])
        let isSame = try again.get(path).body == project.files[0].bytes
        #expect(isSame)
    }

    @Test("A mirror that has all files downloaded has nothing to fetch on demand")
    func refused() throws {
        upstream.publish([try ScriptedProject("six")])
        let mirror = try TestMirror(of: upstream.url)
        let result = try mirror.run("serve", "--on-demand", "--listen", "127.0.0.1:0")
        #expect(result.exitCode == 64 && result.errors.contains("on-demand"))
    }

    @Test("A sync and a server write at the same time, and each keeps what it got")
    func beside() throws {
        let first = try ScriptedProject("six", versions: (0..<40).map { "1.\($0)" })
        let (mirror, server) = try served([first])
        let paths = try (0..<40).map { try path(mirror, "six", $0) }
        let more = try (0..<30).map { try ScriptedProject("more-\($0)") }
        upstream.publish([first] + more)
        let sync = try mirror.start(["sync", "--fill", "--json"])
        for path in paths { #expect(try server.get(path).status == 200) }
        sync.wait()
        #expect(try mirror.sync().exitCode == 0)
        #expect(try mirror.verify().exitCode == 0)
        #expect(try mirror.run("status", "--json").report.int("files") == 70)
        #expect(try mirror.run("gc", "--grace", "0").exitCode == 0)
        for path in paths { #expect(try server.get(path).status == 200) }
        #expect(try mirror.verify().exitCode == 0)
    }
}

/// The whole way: an index without files, a web server before the one that fetches, and installers.
@Suite("Installs on demand", .enabled(if: Python.environment != nil, "there is no Python"))
struct OnDemandInstallTests {
    @Test("pip and uv install through nginx what comes on demand, and again when the upstream is gone")
    func install() throws {
        let names = ["six", "demo", "third"]
        let others = try (0..<100).map { try ScriptedProject("other-\($0)") }
        let folder = try TemporaryFolder()
        let program = "import six, demo, third; print(six.__version__, demo.__version__, third.__version__, end='')"
        let mirror: TestMirror
        let streamer: LarderServer
        let front: any LayoutServer
        do {
            let upstream = ScriptedUpstream()
            upstream.publish(try names.map { try ScriptedProject($0) } + others)
            mirror = try TestMirror(of: upstream.url, configuration: ["retries": "0"])
            try mirror.configure("files", "\"on-demand\"", in: "[select]")
            #expect(try mirror.sync().report.int("files.known") == 103)
            streamer = try LarderServer(root: mirror.root, ["--on-demand"])
            let streamerPort = streamer.port
            front = try WebServer.nginx.type.init { listen in
                let place = ["--listen", listen, "--on-demand", "--streamer", "127.0.0.1:\(streamerPort)"]
                return try mirror.run(arguments: ["layout", "nginx"] + place).output
            }
            let asked = upstream.requests.count
            for (place, install) in Python.installers.enumerated() {
                let target = folder.path.appending("first-\(place)")
                try install(names, front.url("/simple/"), target)
                #expect(try Python.run(program, with: target) == "1.0 1.0 1.0")
            }
            // Each file once, and nothing else: pages and sidecars are here.
            #expect(Set(upstream.requests.dropFirst(asked).map(\.path)).count == 3)
            #expect(upstream.requests.count == asked + 3)
        }
        for (place, install) in Python.installers.enumerated() {
            let target = folder.path.appending("second-\(place)")
            try install(names, front.url("/simple/"), target)
            #expect(try Python.run(program, with: target) == "1.0 1.0 1.0")
        }
        let absent = try #require(try mirror.page("other-1").objects("files").first?.text("url"))
        #expect(try front.get(absent.replacing("../../", with: "/")).status == 504)
        #expect(try mirror.verify().exitCode == 0)
        withExtendedLifetime(streamer) {}
    }
}
