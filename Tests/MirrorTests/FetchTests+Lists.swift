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

extension FetchTests {
    // MARK: Lists, mirrors, local files

    @Test("A list may come on standard input") func standardInput() throws {
        let path = try list(try (0..<3).map { try serve("file-\($0).whl") })
        let command = "exec '\(Larder.path)' fetch --json --urls - --directory '\(target)' < '\(path)'"
        let child = try ChildProcess(
            "/bin/sh",
            ["-c", command],
            environment: Larder.environment,
            limit: 1 << 20,
            timeout: .seconds(60)
        )
        #expect(child.exitCode == 0)
        #expect(names == ["file-0.whl", "file-1.whl", "file-2.whl"])
    }

    @Test("A list that does not end is waited for, until a signal") func endlessList() throws {
        let pipe = folder.path.appending("pipe").string
        try #require(mkfifo(pipe, 0o600) == 0)
        let program = try BackgroundProgram(
            [Larder.path.string, "fetch", "--urls", pipe, "--directory", target.string],
            environment: Larder.environment
        )
        // It can be opened once the program reads it.
        var writer: Int32 = -1
        while program.isRunning, writer < 0 {
            writer = open(pipe, O_WRONLY | O_NONBLOCK | O_CLOEXEC)
            usleep(200_000)
        }
        defer { close(writer) }
        let line = Array("\(try serve("a.whl"))\n".utf8)
        #expect(write(writer, line, line.count) == line.count)
        program.signal(SIGTERM)
        #expect(program.wait() == 130)
        #expect(upstream.requests.isEmpty)
        #expect(names == [])
    }

    @Test("31: A long list keeps to the connections that it may have") func longList() throws {
        let urls = try (0..<1_500).map { try serve("file-\($0).whl") }
        let result = try fetch("--urls", try list(urls), "--connections", "4")
        #expect(result.exitCode == 0, "\(result.errors)")
        #expect(names.count == 1_500)
        #expect(upstream.peakConnections <= 4)
        #expect(result.report.int("transfer.connections") == result.report.int("transfer.peakInFlight"))
    }

    @Test("The settings of a mirror's upstream are used, and credentials go to its host only") func mirror() throws {
        let other = ScriptedUpstream()
        other.set("/files/b.whl", .init(body: [1]))
        let url = try serve("a.whl")
        let settings = [
            "username": "\"me\"", "password": "\"secret\"", "contact": "\"ops@mirror.example\"", "connections": "2",
        ]
        let mirror = try TestMirror(of: upstream.url, configuration: settings)
        let result = try fetch(url, other.url(of: "/files/b.whl"), "--root", mirror.root.string)
        #expect(result.exitCode == 0, "\(result)")
        let basic = "Basic " + Data("me:secret".utf8).base64EncodedString()
        #expect(upstream.requests.last?.header("Authorization") == basic)
        #expect(upstream.requests.last?.header("User-Agent")?.contains("ops@mirror.example") == true)
        #expect(other.requests.last?.header("Authorization") == nil)
        var environment = Larder.environment
        environment["LARDER_ROOT"] = mirror.root.string
        let second = folder.path.appending("second").string
        #expect(try Larder.run(["fetch", url, "--directory", second], environment: environment).exitCode == 0)
        #expect(upstream.requests.last?.header("Authorization") == basic)
        environment["LARDER_ROOT"] = "/nonexistent"
        #expect(try Larder.run(["fetch", url], environment: environment).exitCode == 66)
    }

    @Test("Local files are had only where somebody named their folder") func localFiles() throws {
        let file = try folder.write("here/a.txt", "bytes")
        let url = file.removingLastComponent().folderURL + "a.txt"
        let listed = try fetch("--urls", try list([url]))
        #expect(listed.exitCode == 69, "\(listed)")
        #expect("\(listed)".contains("file-roots"))
        let mirror = try TestMirror(of: upstream.url)
        #expect(try fetch(url, "--root", mirror.root.string).exitCode == 69)
        try folder.link("here/link.txt", to: "../list")
        #expect(try fetch(url.replacing("a.txt", with: "link.txt")).exitCode == 69)
        #expect(names == [])
        let named = try fetch(url)
        #expect(named.exitCode == 0, "\(named)")
        #expect(try contents("a.txt") == Array("bytes".utf8))
        let roots = try TestMirror(of: upstream.url, configuration: ["file-roots": "[\"\(folder.path)\"]"])
        #expect(try fetch("--urls", try list([url]), "--root", roots.root.string).report.int("failed") == 1)
        #expect(
            try fetch("--urls", try list([url]), "--root", roots.root.string, "--overwrite").report.int("downloaded")
                == 1
        )
    }

    // MARK: The engine behind it, and being stopped

    @Test("1: the same bytes and the same error as the engine gives") func sameAsEngine() async throws {
        try serve("good.whl")
        upstream.set("/files/html.whl", .init(headers: ["Content-Type: text/html"], body: Array("<html>".utf8)))
        upstream.set("/files/busy.whl", .failing("403 Forbidden"))
        let hex = String(repeating: "0", count: 64)
        let fragments = ["good.whl": try digest("good.whl"), "html.whl": hex, "busy.whl": hex, "gone.whl": hex]
        let engine = try TransferEngine(
            configuration: TransferConfiguration(),
            fileSystem: POSIXFileSystem(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        defer { engine.shutdown() }
        for (name, hex) in fragments {
            let url = upstream.url(of: "/files/\(name)")
            let path = folder.path.appending("engine-\(name)")
            let digests = try [DigestAlgorithm.sha256: #require([UInt8](hex: hex))]
            let result = await engine.perform(.file(url, to: path, expectation: .init(digests: digests)))
            let command = try fetch("\(url)#sha256=\(hex)")
            let file = try #require(command.report.objects("files").first)
            switch result {
            case .success(let response):
                #expect(file.text("status") == "downloaded")
                #expect(file.text("sha256") == response.sha256?.hex)
                #expect(file.int("attempts") == response.attempts)
                #expect(file.text("finalURL") == response.finalURL)
                #expect(try contents(name) == Array(try Data(contentsOf: URL(fileURLWithPath: path.string))))
            case .failure(let error):
                #expect(file.text("status") == "failed")
                #expect(file.text("reason") == "\(error)")
                #expect(file.int("attempts") == error.attempts)
            }
        }
        #expect(names == ["good.whl"])
    }

    @Test("32: SIGINT ends with 130, keeps what had come, and leaves no file that is not whole")
    func interrupted() throws {
        let urls = try (0..<200).map { try serve("file-\($0).whl", delay: 60_000) }
        // One is under way when the signal comes, and leaves a part and what its server said of the whole.
        let whole = ScriptedUpstream.Reply(body: bytes("file-0.whl"), servesRanges: true)
        upstream.set("/files/file-0.whl", .init(body: whole.body, stallsAfter: 2_000), whole)
        let path = try list(urls)
        let output = folder.path.appending("output")
        let program = try BackgroundProgram(
            [
                Larder.path.string, "fetch", "--json", "--urls", path, "--directory", target.string, "--connections",
                "4",
            ],
            environment: Larder.environment,
            output: output
        )
        while program.isRunning, upstream.requests.count < 60 { usleep(5_000) }
        program.signal(SIGINT)
        #expect(program.wait() == 130)
        let text = try String(contentsOfFile: output.string, encoding: .utf8)
        let report = CommandResult(exitCode: 130, output: text, errors: "").report
        #expect(report.text("outcome") == "interrupted")
        let kept = names.filter { !$0.hasSuffix(".partial") && !$0.hasSuffix(".partial.validator") }
        #expect(kept.count >= 50 && kept.count == report.int("downloaded"))
        for name in kept { #expect(try contents(name) == bytes(name)) }
        let next = try fetch("--urls", path)
        #expect(next.exitCode == 0, "\(next.errors)")
        #expect(next.report.int("present") == kept.count)
        #expect(names.count == 200)
    }
}
