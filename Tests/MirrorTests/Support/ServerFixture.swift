import Foundation
import Scheduling
import SystemPackage
import TestSupport
import Testing

/// A mirror of a small project, of one with a page that is worth compressing, and of one with odd filenames.
final class ServerMirror: Sendable {
    /// Names of files that a server, a template or a URL may give a meaning.
    static let oddNames = [
        "odd-1!2.0-py3-none-any.whl", "odd-1.0+local.1-py3-none-any.whl", "odd-0.1 (1).tar.gz",
        "odd-('0.6.0',).tar.gz", "odd-1.0#1.tar.gz", "odd-1.0%41.tar.gz", "odd-1.0%2e%2e.zip", "odd-1.0?x=1.zip",
        "odd-1.0&a;b=c,d[e].zip", "odd-1.0\u{E9}.tar.gz", "odd-1..0.zip", "odd-1.0~", "odd-1.0.inc", "odd-1.0.php",
        "odd-1.0.var", "odd-1.0.html", "odd-1.0.shtml", "odd-1.0.tgz", "odd-1.0.tar.Z", "odd-1.0.de.zip",
        "odd-1.0{x}$1@y.zip",
    ]

    let upstream = ScriptedUpstream()
    let mirror: TestMirror

    /// Makes one in a folder of this name.
    init(named name: String) throws {
        let many = try ScriptedProject("many", versions: (0..<12).map { "1.\($0)" })
        var odd = try ScriptedProject("odd", versions: [])
        odd.files = try Self.oddNames.map { try .init(filename: $0, bytes: Array("bytes of \($0)".utf8)) }
        upstream.publish([try ScriptedProject("six"), many, odd])
        var entries: [[String: Any]] = []
        for file in odd.files {
            let path = try #require(file.filename.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
            upstream.set("/files/\(path)", .init(body: file.bytes))
            entries.append([
                "filename": file.filename, "url": "../../files/\(path)", "size": file.bytes.count,
                "hashes": ["sha256": file.claimedDigest],
            ])
        }
        let meta: [String: Any] = ["api-version": "1.1", "_last-serial": 1]
        upstream.set("/simple/odd/", .json(["meta": meta, "name": "odd", "versions": ["1.0"], "files": entries]))
        let folder = try TemporaryFolder()
        let made = try TestMirror(
            of: upstream.url,
            at: folder.path.appending(name),
            configuration: ["retries": "0"]
        )
        mirror = TestMirror(at: made.root, folder: folder)
        let result = try mirror.sync()
        try #require(result.exitCode == 0, "\(result)")
    }

    private struct Last: Sendable {
        weak var mirror: ServerMirror?
    }

    private static let last = Locked(Last())
    /// Held by who looks for one, so that only one is made.
    private static let making = NSLock()

    /// One for tests that change nothing about it: that of another test, as long as this one has it.
    static func shared() throws -> ServerMirror {
        making.lock()
        defer { making.unlock() }
        if let mirror = last.withLock({ $0.mirror }) { return mirror }
        let mirror = try ServerMirror(named: "mirror")
        last.withLock { $0.mirror = mirror }
        return mirror
    }
}

/// A mirror of a few projects behind a web server.
struct ServerFixture {
    static let json = "application/vnd.pypi.simple.v1+json"
    static let html = "application/vnd.pypi.simple.v1+html"

    private let own: ServerMirror
    let server: any LayoutServer

    var mirror: TestMirror { own.mirror }
    var upstream: ScriptedUpstream { own.upstream }

    /// Starts a server.
    ///
    /// - Parameters:
    ///   - kind: The server.
    ///   - name: The name of the folder of a mirror that a test changes; for the others one that they share.
    /// - Throws: What fails.
    init(_ kind: WebServer, named name: String? = nil) throws {
        own = try name.map { try ServerMirror(named: $0) } ?? .shared()
        server = try kind.serving(own.mirror)
    }

    /// The paths of a project's files, as clients make them of the links of its page.
    func paths(_ project: String) throws -> [String] {
        try mirror.page(project).objects("files").compactMap { $0.text("url")?.replacing("../../", with: "/") }
    }

    /// The path of the wheel of `six`.
    var wheel: String {
        get throws { try #require(try paths("six").first) }
    }
}

extension HTTPAnswer {
    /// What `Vary` names, in lower case.
    var varies: Set<String> {
        Set((fields["vary"] ?? "").lowercased().split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) })
    }

    /// The number of seconds for which it may be kept; `nil` when it says none.
    var maxAge: Int? {
        fields["cache-control"]?.firstMatch(of: /max-age=([0-9]+)/).flatMap { Int($0.1) }
    }
}
