import Foundation
import SystemPackage
import TestSupport
import Testing

/// Real installs from a mirror behind each web server.
@Suite("Clients of web servers", .enabled(if: Python.environment != nil, "there is no Python"))
struct ServerClientTests {
    private let fixture: ClientFixture

    init() throws {
        fixture = try ClientFixture()
    }

    /// Installs with pip, and with uv where it is to be had, and tells which releases each of them took.
    private func install(_ what: [String], from index: String) throws -> [String] {
        try Python.installers.map { install in
            let target = fixture.folder.path.appending("\(UUID())")
            try install(what, index, target)
            return try Python.run(ClientFixture.program, with: target)
        }
    }

    private func each(_ versions: String = ClientFixture.versions) -> [String] {
        Python.installers.map { _ in versions }
    }

    /// Requirements with digests.
    private var locked: [String] { ["--require-hashes", "-r", fixture.requirements.string] }

    @Test(
        "pip and uv install by JSON and by HTML, with sidecars, past what is yanked or for another Python",
        arguments: WebServer.offers
    )
    func install(kind: WebServer, offersJSON: Bool) throws {
        let server = try kind.serving(fixture.mirror, offersJSON: offersJSON)
        let page = try server.get("/simple/lib/", ["Accept": ServerFixture.json])
        #expect(page.fields["content-type"] == (offersJSON ? ServerFixture.json : "text/html"))
        #expect(try install(["app"], from: server.url("/simple/")) == each())
        #expect(try install(locked, from: server.url("/simple")) == each())
        if offersJSON {
            // Who pins it may have what was yanked.
            #expect(try install(["app", "lib==2.0"], from: server.url("/simple/")) == each("1.0 2.0"))
        }
        let had = ClientFixture.files(try server.finish())
        #expect(had.isSuperset(of: ["app-1.0-py3-none-any.whl.metadata", "lib-1.0-py3-none-any.whl.metadata"]))
        #expect(had.isDisjoint(with: ["lib-3.0-py3-none-any.whl", "lib-3.0-py3-none-any.whl.metadata"]))
        #expect(had.contains("lib-2.0-py3-none-any.whl") == offersJSON)
    }

    @Test("A server that knows nothing of it serves HTML: Python's own")
    func plainHTML() throws {
        let python = try #require(Python.environment).appending("bin/python").string
        let errors = fixture.folder.path.appending("errors")
        let web = fixture.mirror.root.appending("web").string
        let server = try LoopbackProgram(errors: errors) { ports in
            try BackgroundProgram(
                [python, "-m", "http.server", "--bind", "127.0.0.1", "--directory", web, "\(ports[0])"],
                errors: errors
            )
        }
        defer { server.program.stop() }
        let index = "http://127.0.0.1:\(server.ports[0])/simple/"
        #expect(try install(["app"], from: index) == each())
        #expect(try install(locked, from: index) == each())
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
                root \(fixture.mirror.root.string)/web;
                types { application/vnd.pypi.simple.v1+json v1_json; }
                default_type application/octet-stream;
                index index.v1_json;
            }
            """
        }
        let page = try server.get("/simple/lib/")
        #expect(page.fields["content-type"] == ServerFixture.json)
        #expect(try install(["app"], from: server.url("/simple/")) == each())
    }
}
