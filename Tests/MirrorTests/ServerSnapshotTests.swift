import Foundation
import SystemPackage
import TestSupport
import Testing

/// What every web server answers below `/snapshots/`.
@Suite("Snapshots of web servers")
struct ServerSnapshotTests {
    private static let json = ServerFixture.json
    private static let html = ServerFixture.html
    private static let name = "2026-11.a_b"
    private static let base = "/snapshots/\(name)"

    /// A server of a mirror that has changed since a snapshot was made of it.
    private func changed(_ kind: WebServer) throws -> ServerFixture {
        let fixture = try ServerFixture(kind, named: "mirror")
        let created = try fixture.mirror.run("snapshot", "create", Self.name)
        try #require(created.exitCode == 0, "\(created)")
        fixture.upstream.publish([try ScriptedProject("six", versions: ["1.0", "2.0"]).stating(serial: 2)])
        let result = try fixture.mirror.sync("six")
        try #require(result.exitCode == 0, "\(result)")
        return fixture
    }

    @Test("The pages of a snapshot are served as the live ones are", arguments: WebServer.installed)
    func pages(kind: WebServer) throws {
        let fixture = try changed(kind)
        let server = fixture.server
        for page in ["simple/", "simple/six/", "simple/many/"] {
            let path = "\(Self.base)/\(page)"
            for (accept, type, file) in [
                (nil, "text/html", "html"), (Self.json, Self.json, "v1_json"), (Self.html, Self.html, "v1_html"),
                ("\(Self.json);q=0, text/html", "text/html", "html"),
            ] {
                let fields = accept.map { ["Accept": $0] } ?? [:]
                let answer = try server.get(path, fields)
                let context: Comment = "\(path) \(accept ?? "without Accept")"
                #expect(answer.status == 200 && answer.fields["content-type"] == type, context)
                #expect(answer.body == (try fixture.mirror.contents("\(path.dropFirst())index.\(file)")), context)
                #expect(answer.fields["content-encoding"] == nil, context)
                #expect(answer.varies == ["accept", "accept-encoding"], context)
                #expect(answer.maxAge == 600 && answer.fields["x-content-type-options"] == "nosniff", context)
                let form = try server.get("\(path)index.\(file)")
                #expect(form.status == 200 && form.fields["content-type"] == type, context)
                // A small page has no compressed one, and lighttpd cannot look whether there is one.
                guard page != "simple/six/", kind != .lighttpd else { continue }
                let packed = try server.get(path, fields.merging(["Accept-Encoding": "gzip"]) { $1 })
                #expect(packed.fields["content-encoding"] == "gzip" && packed.fields["content-type"] == type, context)
                #expect(packed.body == (try fixture.mirror.contents("\(path.dropFirst())index.\(file).gz")), context)
                #expect(packed.varies == ["accept", "accept-encoding"] && packed.maxAge == 600, context)
            }
        }
        let live = try server.get("/simple/six/", ["Accept": Self.json])
        let kept = try server.get("\(Self.base)/simple/six/", ["Accept": Self.json])
        #expect(live.status == 200 && live.body != kept.body)
        for (path, target) in [
            ("", "/simple/"), ("/", "/simple/"), ("/simple", "/simple/"), ("/simple/six", "/simple/six/"),
        ] {
            let answer = try server.get(Self.base + path, ["Accept": Self.json])
            #expect(answer.status == 301 && answer.fields["location"] == Self.base + target, "\(path)")
        }
    }

    @Test("Files are reached from a snapshot's pages, and nothing else of it is", arguments: WebServer.installed)
    func files(kind: WebServer) throws {
        let fixture = try changed(kind)
        let (server, mirror) = (fixture.server, fixture.mirror)
        let text = try mirror.contents("snapshots/\(Self.name)/simple/six/index.v1_json")
        let page = Report(object: try JSONSerialization.jsonObject(with: Data(text)) as? [String: Any] ?? [:])
        #expect(page.objects("files").count == 1)
        let url = try #require(page.objects("files").first?.text("url"))
        let path = FilePath("\(Self.base)/simple/six/\(url)").lexicallyNormalized().string
        #expect(path.hasPrefix("\(Self.base)/packages/"))
        for end in ["", ".metadata"] {
            let answer = try server.get(path + end, ["Accept-Encoding": "gzip"])
            #expect(answer.status == 200)
            #expect(answer.body == (try mirror.contents(String(path.dropFirst()) + end)))
            #expect(answer.fields["content-type"] == "application/octet-stream")
            #expect(answer.fields["content-encoding"] == nil && answer.maxAge == 31_536_000)
            #expect(answer.fields["x-content-type-options"] == "nosniff")
        }
        #expect(try server.get(path, ["Range": "bytes=0-0"]).status == 206)
        // As a command leaves it that is making one.
        let folder = mirror.root.appending("snapshots")
        try FileManager.default.copyItem(
            atPath: folder.appending(Self.name).string,
            toPath: folder.appending(".x.new").string
        )
        for path in [
            "/snapshots/", "/snapshots", "\(Self.base)/manifest", "\(Self.base)/generation.json",
            "\(Self.base)/simple/../manifest", "\(Self.base)/packages/%2e%2e/manifest", "\(Self.base)/status.json",
            "\(Self.base)/simple/absent/", "\(Self.base)/simple/absent", "\(Self.base)/packages/ab/cd/absent.whl",
            "\(Self.base)/snapshots/\(Self.name)/simple/", "/snapshots/.x.new", "/snapshots/.x.new/",
            "/snapshots/.x.new/simple", "/snapshots/.x.new/simple/", "/snapshots/.x.new/simple/six/index.html",
            path.replacing(Self.name, with: ".x.new"), "/snapshots/.x.new/manifest", "/snapshots/%2ex.new/simple/",
            "/snapshots/./.x.new/simple/", "/snapshots/../snapshots/.x.new/simple/six/",
            "/snapshots/absent", "/snapshots/absent/", "/snapshots/absent/simple", "/snapshots/absent/simple/",
            "/snapshots/absent/simple/six/", path.replacing(Self.name, with: "absent"),
        ] {
            for fields in [[:], ["Accept": Self.json, "Accept-Encoding": "gzip"]] {
                let answer = try server.get(path, fields)
                #expect(answer.status == 404, "\(path)")
                #expect(answer.maxAge == nil && answer.fields["content-encoding"] == nil, "\(path)")
            }
        }
    }

    @Test(
        "pip and uv install from a snapshot what was the newest then",
        .enabled(if: Python.environment != nil, "there is no Python"),
        arguments: WebServer.installed
    )
    func install(kind: WebServer) throws {
        let fixture = try changed(kind)
        let folder = try TemporaryFolder()
        let program = "import six; print(six.__version__, end='')"
        for (place, install) in Python.installers.enumerated() {
            for (base, version) in [(Self.base, "1.0"), ("", "2.0")] {
                let target = folder.path.appending("\(place)-\(version)")
                try install(["six"], fixture.server.url("\(base)/simple/"), target)
                #expect(try Python.run(program, with: target) == version)
            }
        }
    }
}
