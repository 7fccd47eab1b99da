import ChildProcess
import Digest
import FileIO
import Foundation
import Glibc
import Logging
import SystemPackage
import TestSupport
import Testing
import Transfer

/// Files by URL (requirements 1, 6 and 23 of the transfer engine).
@Suite("Fetch") struct FetchTests {
    let upstream = ScriptedUpstream()
    let folder: TemporaryFolder
    let target: FilePath

    init() throws {
        folder = try TemporaryFolder()
        target = folder.path.appending("target")
    }

    // MARK: What the tests are made of

    /// Bytes that depend on a name.
    func bytes(_ name: String, count: Int = 3_000) -> [UInt8] {
        Array(Array("\(name) ".utf8).cycled(count))
    }

    /// Serves a file.
    ///
    /// - Returns: Its URL, with its digest.
    @discardableResult
    func serve(_ name: String, delay: UInt32 = 0, gate: ScriptedUpstream.Gate? = nil) throws -> String {
        upstream.set("/files/\(name)", .init(body: bytes(name), delay: delay, gate: gate))
        return "\(upstream.url(of: "/files/\(name)"))#sha256=\(try digest(name))"
    }

    func digest(_ name: String) throws -> String { try SHA256Digest.hash(bytes(name)).hex }

    func fetch(_ arguments: String...) throws -> CommandResult {
        try Larder.run(["fetch", "--json", "--directory", target.string] + arguments)
    }

    /// The names in the target folder.
    var names: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: target.string)) ?? []).sorted()
    }

    func contents(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: target.appending(name).string)))
    }

    func list(_ lines: [String]) throws -> String {
        try folder.write("list", lines.joined(separator: "\n")).string
    }

    // MARK: Good files

    @Test("23: a file comes, is checked, and has its name and an ordinary mode") func good() throws {
        let result = try fetch(try serve("demo-1.0.tar.gz"))
        #expect(result.exitCode == 0, "\(result)")
        #expect(names == ["demo-1.0.tar.gz"])
        #expect(try contents("demo-1.0.tar.gz") == bytes("demo-1.0.tar.gz"))
        var status = stat()
        try #require(lstat(target.appending("demo-1.0.tar.gz").string, &status) == 0)
        #expect(status.st_mode & 0o200 == 0o200)
    }

    @Test("6, 62: the report is one line, the same each time but for its times") func goldenReport() throws {
        try serve("a b.whl")
        let url = upstream.url(of: "/files/a%20b.whl")
        upstream.set("/files/a%20b.whl", .init(headers: ["Content-Type: application/zip"], body: bytes("a b.whl")))
        let missing = upstream.url(of: "/files/missing.whl")
        let result = try fetch("\(url)#sha256=\(try digest("a b.whl"))&egg=demo", missing, "--connections", "1")
        #expect(result.exitCode == 3, "\(result)")
        var text = result.output
        for (found, shown) in [(upstream.url(of: "/"), "http://HOST/"), (target.string, "DIR")] {
            text = text.replacing(found, with: shown)
        }
        let hash = try digest("a b.whl")
        text = text.replacing(/:[0-9]+\.[0-9]{3}/, with: ":0.000")
        text = text.replacing(hash, with: "DIGEST").replacing(String(hash.prefix(16)), with: "TAG")
        // What is told of hosts and causes grows with the engine.
        text = text.replacing(/"transfer":.*/, with: "…")
        let expected = [
            #"{"command":"fetch","outcome":"partial","seconds":0.000,"requested":2,"downloaded":1,"present":0,"failed":1,"#,
            #""bytes":{"downloaded":3000},"files":[{"url":"http://HOST/files/a%20b.whl","#,
            #""finalURL":"http://HOST/files/a%20b.whl","path":"DIR/a b.whl","status":"downloaded","httpStatus":200,"#,
            #""contentType":"application/zip","etag":"\"TAG\"","size":3000,"sha256":"DIGEST","checked":["sha256"],"#,
            #""attempts":1,"resumedBytes":0,"fallbacks":[],"timings":{"nameLookup":0.000,"connect":0.000,"#,
            #""tlsHandshake":0.000,"firstByte":0.000,"total":0.000}},"#,
            #"{"url":"http://HOST/files/missing.whl","path":"DIR/missing.whl","status":"failed","httpStatus":404,"#,
            #""checked":[],"attempts":1,"resumedBytes":0,"fallbacks":[],"#,
            #""reason":"http://HOST/files/missing.whl: the server answered 404"}],"#,
            #""failures":[{"file":"missing.whl","url":"http://HOST/files/missing.whl","#,
            #""reason":"http://HOST/files/missing.whl: the server answered 404","attempts":1}],…"#,
        ]
        #expect(text.trimmingCharacters(in: .newlines) == expected.joined())
        for key in ["requests", "retries", "retriesByCause", "bytesReceived", "connections", "peakInFlight", "hosts"] {
            #expect(result.report.has("transfer.\(key)"), "\(key)")
        }
        #expect(result.report.int("transfer.connections") == 1)
    }

    @Test("Other digests than SHA-256 are checked too, all that are named") func otherDigests() throws {
        try serve("demo.whl")
        var md5 = try Hasher(.md5)
        md5.update(bytes("demo.whl"))
        let hex = try md5.finalize().hex
        let url = upstream.url(of: "/files/demo.whl")
        let good = try fetch("\(url)#md5=\(hex)&SHA256=\(try digest("demo.whl").uppercased())")
        #expect(good.exitCode == 0, "\(good)")
        #expect(good.report.objects("files").first?.texts("checked") == ["md5", "sha256"])
        let wrong = try fetch("\(url)#md5=\(String(hex.reversed()))", "--output", "x")
        #expect(wrong.exitCode == 64, "--output beside --directory")
        let file = folder.path.appending("other").string
        let bad = try Larder.run(["fetch", "\(url)#md5=\(String(hex.reversed()))", "--output", file])
        #expect(bad.exitCode == 69, "\(bad)")
        #expect(bad.errors.contains("expected md5"))
        #expect(!FileManager.default.fileExists(atPath: file))
    }

    // MARK: Failures

    @Test("13, 25: A wrong digest or size ends with 69 and leaves nothing") func wrongDigest() throws {
        let wrong = String(repeating: "0", count: 64)
        try serve("demo.whl")
        let url = upstream.url(of: "/files/demo.whl")
        for arguments in [["\(url)#sha256=\(wrong)"], [url, "--sha256", wrong], [url, "--size", "2999"]] {
            let result = try Larder.run(["fetch", "--json", "--directory", target.string] + arguments)
            #expect(result.exitCode == 69, "\(result)")
            #expect(result.report.text("outcome") == "failed")
            #expect(result.report.failures.first?.text("reason")?.contains("expected") == true)
            #expect(names == [])
        }
    }

    @Test("61: One failure among many is listed and stops nothing else") func oneFailure() throws {
        var urls = try (0..<120).map { try serve("file-\($0).whl") }
        urls.insert(upstream.url(of: "/files/gone.whl"), at: 60)
        let result = try fetch("--urls", try list(["# a comment", ""] + urls))
        #expect(result.exitCode == 3, "\(result)")
        #expect(result.report.text("outcome") == "partial")
        #expect(result.report.int("downloaded") == 120)
        #expect(result.report.failures.map { $0.text("file") } == ["gone.whl"])
        #expect(names.count == 120)
        for number in 0..<120 { #expect(try contents("file-\(number).whl") == bytes("file-\(number).whl")) }
        // The report has the order of the list.
        let order = result.report.objects("files").compactMap { $0.text("url") }
        #expect(order == urls.map { String($0.prefix { $0 != "#" }) })
    }

    @Test("A server that is not there ends with 69, a folder that cannot be written with 74") func unreachable() throws
    {
        let port = ScriptedServer.refusingPort()
        let mirror = try TestMirror(of: upstream.url, configuration: ["retries": "0"])
        let refused = try fetch("http://127.0.0.1:\(port)/a.whl", "--root", mirror.root.string)
        #expect(refused.exitCode == 69, "\(refused)")
        try folder.write("plain", "")
        let result = try Larder.run([
            "fetch", try serve("a.whl"), "--directory", folder.path.appending("plain").appending("x").string,
        ])
        #expect(result.exitCode == 74, "\(result)")
    }

    @Test("What cannot be a file's name, or is twice, is refused before anything is asked for")
    func badNames() throws {
        let base = upstream.url(of: "/files/")
        let hex = String(repeating: "0", count: 64)
        let bad: [(url: String, reason: String)] = [
            (base, "names no file"), (upstream.url(of: ""), "names no file"), ("\(base)%2e%2e", "starts with a dot"),
            ("\(base)a%2Fb", "slash"), ("\(base).hidden", "starts with a dot"), ("\(base)a%00b", "control character"),
            ("\(base)a%0Ab", "control character"), (base + String(repeating: "x", count: 250), "240 bytes"),
            ("\(base)%ff", "not UTF-8"), ("\(base)a.partial", ".partial"), ("gopher://h/a", "scheme 'gopher'"),
            ("ftp://h/a", "ftp = true"), ("a.whl", "not an absolute URL"),
            ("\(base)a#sha256=00", "64 hexadecimal digits"),
            ("\(base)a#sha256=\(hex)&sha256=\(hex.replacing("0", with: "1"))", "two sha256"),
            ("\(base)a#sha3_256=\(hex)", "not known"),
        ]
        for (url, reason) in bad {
            let result = try fetch(url, try serve("good.whl"))
            #expect(result.exitCode == 64, "\(url): \(result)")
            #expect(result.errors.contains("URL 1 ") && result.errors.contains(reason), "\(url): \(result.errors)")
        }
        let twice = try fetch("--urls", try list([try serve("good.whl"), "# x", "\(base)b/good.whl?x=/y"]))
        #expect(twice.exitCode == 64)
        #expect(twice.errors.contains("line 3") && twice.errors.contains("line 1"), "\(twice.errors)")
        for arguments in [["--output", "x"], ["--sha256", hex], ["--size", "1"]] {
            let result = try Larder.run(["fetch", "\(base)a", "\(base)b"] + arguments)
            #expect(result.exitCode == 64, "\(result)")
        }
        #expect(try fetch().exitCode == 64)
        #expect(try fetch("--urls", try list([])).exitCode == 64)
        #expect(try fetch("--urls", "/nonexistent").exitCode == 64)
        #expect(upstream.requests.isEmpty)
        #expect(names == [])
    }

    @Test("A password in a URL is shown nowhere") func credentials() throws {
        let url = upstream.url(of: "/files/a.whl").replacing("http://", with: "http://me:secret-word@")
        let result = try fetch(url, "-vv")
        #expect(result.exitCode == 69, "\(result)")
        #expect(!"\(result)".contains("secret-word"))
        #expect(upstream.requests.first?.header("Authorization") != nil)
        #expect(!"\(try fetch("\(url)#sha256=0"))".contains("secret-word"))
    }

    @Test("50: A download that broke off goes on where it was in a later run, and only with a digest") func resumed()
        throws
    {
        let body = bytes("large.whl", count: 300_000)
        let server = ScriptedServer { connection, request, number in
            let from = request.header("Range").flatMap { Int($0.dropFirst("bytes=".count).prefix { $0 != "-" }) } ?? 0
            let status = from == 0 ? "200 OK" : "206 Partial Content\r\nContent-Range: bytes \(from)-299999/300000"
            connection.send("HTTP/1.1 \(status)\r\nContent-Length: \(body.count - from)\r\nETag: \"one\"\r\n\r\n")
            connection.send(Array(number < 2 ? body[from..<(from + 100_000)] : body[from...]))
            return .close
        }
        defer { server.stop() }
        let mirror = try TestMirror(of: upstream.url, configuration: ["retries": "0"])
        let url = server.url("/large.whl")
        #expect(try fetch(url, "--root", mirror.root.string).exitCode == 69)
        #expect(names == [])
        let digest = try SHA256Digest.hash(body).hex
        let broken = try fetch("\(url)#sha256=\(digest)", "--root", mirror.root.string)
        #expect(broken.exitCode == 69, "\(broken)")
        #expect(names.first == "large.whl.partial")
        let result = try fetch("\(url)#sha256=\(digest)", "--root", mirror.root.string)
        #expect(result.exitCode == 0, "\(result)")
        #expect(result.report.objects("files").first?.int("resumedBytes") == 100_000)
        #expect(try contents("large.whl") == body)
        #expect(names == ["large.whl"])
    }

    @Test("What a killed fetch left is no hindrance") func killed() throws {
        let urls = try (0..<40).map { try serve("file-\($0).whl", delay: 20_000) }
        let path = try list(urls)
        let program = try BackgroundProgram(
            [Larder.path.string, "fetch", "--urls", path, "--directory", target.string, "--connections", "2"],
            environment: Larder.environment
        )
        while program.isRunning, upstream.requests.count < 20 { usleep(2_000) }
        program.signal(SIGKILL)
        program.wait()
        let kept = names.filter { !$0.hasSuffix(".partial") }
        for name in kept { #expect(try contents(name) == bytes(name)) }
        let next = try fetch("--urls", path)
        #expect(next.exitCode == 0, "\(next)")
        #expect(names == (0..<40).map { "file-\($0).whl" }.sorted())
    }

    // MARK: Files that are here

    @Test("A file that is here is kept, and not asked for when its digest is right") func present() throws {
        let url = try serve("demo.whl")
        #expect(try fetch(url).exitCode == 0)
        let before = try FileTree(target)
        let requests = upstream.requests.count
        let again = try fetch(url)
        #expect(again.exitCode == 0, "\(again)")
        #expect(again.report.int("present") == 1)
        #expect(again.report.objects("files").first?.text("status") == "present")
        #expect(try fetch(url, "--overwrite").report.int("present") == 1)
        let plain = String(url.prefix { $0 != "#" })
        let unknown = try fetch(plain)
        #expect(unknown.exitCode == 3, "\(unknown)")
        #expect("\(unknown)".contains("--overwrite"))
        #expect(upstream.requests.count == requests)
        #expect(try FileTree(target) == before)

        try Data("mine".utf8).write(to: URL(fileURLWithPath: target.appending("demo.whl").string))
        #expect(try fetch(url).exitCode == 3)
        #expect(try contents("demo.whl") == Array("mine".utf8))
        #expect(try fetch(url, "--overwrite").report.int("downloaded") == 1)
        #expect(try contents("demo.whl") == bytes("demo.whl"))
        #expect(try fetch(plain, "--overwrite").report.int("downloaded") == 1)
        #expect(names == ["demo.whl"])
    }

    @Test("While a download runs, a second one waits its turn, and what appears under the name is kept")
    func appearing() throws {
        let gate = ScriptedUpstream.Gate()
        let url = try serve("slow.whl", gate: gate)
        let path = target.appending("slow.whl").string
        let program = try BackgroundProgram(
            [Larder.path.string, "fetch", url, "--directory", target.string],
            environment: Larder.environment
        )
        while program.isRunning, upstream.requests.isEmpty { usleep(5_000) }
        // Nor does a second fetch come between.
        #expect(try fetch(url).exitCode == 75)
        try Data("mine".utf8).write(to: URL(fileURLWithPath: path))
        gate.open()
        #expect(program.wait() == 3)
        #expect(try contents("slow.whl") == Array("mine".utf8))
        #expect(names == ["slow.whl"])
    }

    @Test("A directory or a link in a file's place is not followed") func inTheWay() throws {
        let url = try serve("demo.whl")
        try folder.write("target/demo.whl/x", "")
        #expect(try fetch(url, "--overwrite").exitCode == 3)
        try FileManager.default.removeItem(atPath: target.appending("demo.whl").string)
        let other = try folder.write("other", "other")
        try folder.link("target/demo.whl", to: other.string)
        #expect(try fetch(url).exitCode == 3)
        #expect(try fetch(url, "--overwrite").exitCode == 0)
        #expect(try String(contentsOfFile: other.string, encoding: .utf8) == "other")
        #expect(try contents("demo.whl") == bytes("demo.whl"))
    }
}

extension Array {
    /// The elements again and again, so many in all.
    fileprivate func cycled(_ count: Int) -> [Element] { (0..<count).map { self[$0 % self.count] } }
}
