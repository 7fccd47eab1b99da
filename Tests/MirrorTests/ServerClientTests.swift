import Foundation
import SystemPackage
import TestSupport
import Testing

/// Real installs from a mirror behind each web server.
@Suite("Clients of web servers", .enabled(if: Python.environment != nil, "there is no Python"))
struct ServerClientTests: ClosureSuite {
    let upstream = ScriptedUpstream()
    private let folder: TemporaryFolder
    private let mirror: TestMirror
    private let requirements: FilePath

    private static let program = "import app, lib; print(app.__version__, lib.__version__, end='')"

    /// A project that needs another one, whose newest releases are not for everybody.
    init() throws {
        folder = try TemporaryFolder()
        let app = try ScriptedProject("app", [.init(version: "1.0", requires: ["lib"])])
        var lib = try ScriptedProject("lib", versions: ["1.0", "2.0", "3.0"])
        lib.files[1].isYanked = true
        lib.files[2].requiresPython = ">=99"
        upstream.publish([app, lib])
        mirror = try TestMirror(of: upstream.url, configuration: ["retries": "0"])
        let result = try mirror.sync()
        try #require(result.exitCode == 0, "\(result)")
        let pins = [app, lib].map { "\($0.name)==1.0 --hash=sha256:\($0.files[0].claimedDigest)\n" }
        requirements = try folder.write("requirements.txt", pins.joined())
    }

    /// Installs with pip, and with uv where it is to be had, and tells which releases each of them took.
    private func install(_ what: [String], from index: String) throws -> [String] {
        try Python.installers.map { install in
            let target = folder.path.appending("\(UUID())")
            try install(what, index, target)
            return try Python.run(Self.program, with: target)
        }
    }

    private func each(_ versions: String) -> [String] { Python.installers.map { _ in versions } }

    /// The files that somebody got, by the kind of request.
    private func files(_ requests: [String]) -> Set<String> {
        Set(
            requests.compactMap { $0.hasPrefix("20") ? $0.split(separator: " ")[1].split(separator: "/").last : nil }
                .map(String.init)
        )
    }

    @Test(
        "pip and uv install by JSON and by HTML, with sidecars, past what is yanked or for another Python",
        arguments: WebServer.installed,
        [true, false]
    )
    func install(kind: WebServer, offersJSON: Bool) throws {
        let server = try kind.serving(mirror, offersJSON: offersJSON)
        let page = try server.get("/simple/lib/", ["Accept": ServerFixture.json])
        #expect(page.fields["content-type"] == (offersJSON ? ServerFixture.json : "text/html"))
        #expect(try install(["app"], from: server.url("/simple/")) == each("1.0 1.0"))
        #expect(
            try install(["--require-hashes", "-r", requirements.string], from: server.url("/simple")) == each("1.0 1.0")
        )
        if offersJSON {
            // Who pins it may have what was yanked.
            #expect(try install(["app", "lib==2.0"], from: server.url("/simple/")) == each("1.0 2.0"))
        }
        let had = files(try server.finish())
        #expect(had.contains("app-1.0-py3-none-any.whl.metadata") && had.contains("lib-1.0-py3-none-any.whl.metadata"))
        #expect(!had.contains("lib-3.0-py3-none-any.whl") && !had.contains("lib-3.0-py3-none-any.whl.metadata"))
        #expect(had.contains("lib-2.0-py3-none-any.whl") == offersJSON)
    }

    @Test("A server that knows nothing of it serves HTML: Python's own")
    func plainHTML() throws {
        let python = try #require(Python.environment).appending("bin/python").string
        let errors = folder.path.appending("errors")
        let web = mirror.root.appending("web").string
        let server = try LoopbackProgram(errors: errors) { ports in
            try BackgroundProgram(
                [python, "-m", "http.server", "--bind", "127.0.0.1", "--directory", web, "\(ports[0])"],
                errors: errors
            )
        }
        defer { server.program.stop() }
        let index = "http://127.0.0.1:\(server.ports[0])/simple/"
        #expect(try install(["app"], from: index) == each("1.0 1.0"))
        #expect(try install(["--require-hashes", "-r", requirements.string], from: index) == each("1.0 1.0"))
    }

    @Test(
        "A server that can name the page of a folder and its type serves JSON, without negotiation",
        .enabled(if: NginxServer.program != nil, "nginx is not installed")
    )
    func plainJSON() throws {
        let server = try NginxServer { listen in
            """
            server {
                listen \(listen);
                root \(mirror.root.string)/web;
                types { application/vnd.pypi.simple.v1+json v1_json; }
                default_type application/octet-stream;
                index index.v1_json;
            }
            """
        }
        let page = try server.get("/simple/lib/")
        #expect(page.fields["content-type"] == ServerFixture.json)
        #expect(try install(["app"], from: server.url("/simple/")) == each("1.0 1.0"))
    }
}
