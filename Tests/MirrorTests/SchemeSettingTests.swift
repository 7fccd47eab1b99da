import DemoUpstream
import Foundation
import SystemPackage
import TestSupport
import Testing

/// What schemes a mirror can be told to use, and what is refused before anything is asked.
@Suite("Schemes and files of credentials") struct SchemeSettingTests {
    @Test(
        "7: a URL that cannot be used is an error at the start, with file and line",
        arguments: [
            ("url", "'gopher://index.example/simple/'"), ("url", "'ftp://127.0.0.1:1/simple/'"),
            ("file-mirrors", "['gopher://mirror.example/']"), ("index-mirrors", "['ftps://mirror.example/simple/']"),
            ("proxy", "'gopher://proxy.example:3128'"),
        ]
    )
    func unknownScheme(key: String, value: String) throws {
        let upstream = try MatrixUpstream()
        let mirror = try TestMirror.matrix(of: upstream.server.url, [key: value])
        let text = try String(contentsOfFile: mirror.root.appending("larder.toml").string, encoding: .utf8)
        let line = try #require(text.components(separatedBy: "\n").firstIndex { $0.hasPrefix("\(key) = ") }) + 1
        let result = try mirror.run("sync")
        #expect(result.exitCode == 64, "\(result)")
        #expect(result.errors.hasPrefix("larder sync: larder.toml:\(line): '\(key)': "), "\(result)")
        #expect(upstream.server.requests.isEmpty)
    }

    @Test("Credentials that cannot be used are an error at the start, and are not shown")
    func credentials() throws {
        let upstream = try MatrixUpstream()
        let open = try TestMirror.matrix(
            of: upstream.server.url,
            ["netrc-file": "'secret-file'"],
            files: ["secret-file": "machine 127.0.0.1 login me password hunter2\n"]
        )
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o640],
            ofItemAtPath: open.root.appending("secret-file").string
        )
        let both = try TestMirror.matrix(
            of: upstream.server.url,
            environment: ["LARDER_UPSTREAM_TOKEN": "hunter2", "LARDER_UPSTREAM_USERNAME": "me"]
        )
        for (mirror, message) in [(open, "chmod 600"), (both, "LARDER_UPSTREAM_TOKEN: excludes")] {
            let result = try mirror.run("sync")
            #expect(result.exitCode == 64, "\(result)")
            #expect(result.errors.contains(message), "\(result)")
            #expect(!result.errors.contains("hunter2"))
        }
        #expect(upstream.server.requests.isEmpty)
    }

    @Test("The password of a proxy that is not there is not shown")
    func deadProxy() throws {
        let mirror = try TestMirror.matrix(
            of: "http://index.example/simple/",
            ["retries": "0"],
            environment: ["LARDER_UPSTREAM_PROXY": "http://me:hunter2@127.0.0.1:1"]
        )
        let result = try mirror.sync("-v", "-v")
        #expect(result.exitCode == 69, "\(result)")
        try mirror.expectNoTrace(of: ["hunter2", basic("me", "hunter2")], after: result)
    }

    @Test("3, 30: folders can be mirrors of files and of the index")
    func folders() throws {
        let demo = try DemoFixture(DemoFixture.small)
        let first = try TestMirror(of: demo.upstream.simpleURL)
        try first.syncCompletely()
        // The web server has the pages only, then nothing at all.
        let upstream = ScriptedUpstream()
        func publish(_ path: String) throws {
            let bytes = try first.contents("\(path)index.v1_json")
            let type = "Content-Type: application/vnd.pypi.simple.v1+json"
            upstream.set("/\(path)", .init(headers: [type], body: bytes))
        }
        try publish("simple/")
        for name in try first.listedProjects() { try publish("simple/\(name)/") }
        let files = try TestMirror.matrix(
            of: upstream.url,
            ["file-mirrors": "['file://\(first.root)/web/']", "retries": "0"]
        )
        try files.syncCompletely()
        #expect(try files.treeDigest == first.treeDigest)
        #expect(upstream.requests.resources == [.list, .page])

        let index = try TestMirror.matrix(
            of: "http://127.0.0.1:1/simple/",
            ["index-mirrors": "['file://\(first.root)/web/simple/']", "retries": "0"]
        )
        try index.syncCompletely()
        #expect(try index.treeDigest == first.treeDigest)
    }

    // MARK: FTP

    private func server(of upstream: DemoUpstream, in folder: TemporaryFolder) throws -> FTPServer {
        var files: [String: [UInt8]] = [:]
        for path in try FileManager.default.subpathsOfDirectory(atPath: upstream.root.string) {
            let full = upstream.root.pushing(FilePath(path)).string
            var isDirectory: ObjCBool = false
            guard FileManager.default.fileExists(atPath: full, isDirectory: &isDirectory), !isDirectory.boolValue else {
                continue
            }
            files[path] = Array(try Data(contentsOf: URL(fileURLWithPath: full)))
        }
        return try FTPServer(files: files)
    }

    @Test("33: a tree on an FTP server is an upstream where ftp is allowed")
    func ftp() throws {
        let demo = try DemoFixture(DemoFixture.small)
        let server = try server(of: demo.upstream, in: demo.folder)
        let reference = try TestMirror(of: demo.upstream.simpleURL)
        try reference.syncCompletely()
        // Making the mirror wrote `ftp = true`.
        let mirror = try TestMirror.matrix(of: server.url("simple/"), ["connections": "4"])
        try mirror.syncCompletely()
        #expect(try mirror.treeDigest == reference.treeDigest)
        try mirror.configure("ftp", "false")
        #expect(try mirror.run("sync").exitCode == 64)
    }

    @Test("33: a file on an FTP server is had only where ftp is allowed", arguments: [false, true])
    func ftpFiles(isAllowed: Bool) throws {
        let upstream = try MatrixUpstream()
        let file = upstream.project.files[0]
        let server = try FTPServer(files: [
            file.filename: file.bytes, file.filename + ".metadata": file.metadata ?? [],
        ])
        var page = upstream.project.page
        let text = String(decoding: page.body, as: UTF8.self)
        let link = "../../files/\(file.path)".replacing("/", with: "\\/")
        try #require(text.contains(link))
        page.body = Array(text.replacing(link, with: server.url(file.filename)).utf8)
        upstream.server.set(upstream.path(of: .page), page)
        let mirror = try TestMirror.matrix(
            of: upstream.server.url,
            isAllowed ? ["ftp": "true"] : ["retries": "0"]
        )
        let result = try mirror.sync()
        #expect(result.exitCode == (isAllowed ? 0 : 3), "\(result)")
        #expect(result.report.int("files.downloaded") == (isAllowed ? 1 : 0))
        let commands = try server.commands.filter { $0.hasPrefix("RETR") }
        #expect(commands.count == (isAllowed ? 2 : 0))
    }
}
