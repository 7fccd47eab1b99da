import DemoUpstream
import Foundation
import SystemPackage
import TestSupport
import Testing

/// What clients of PyPI's JSON API get from a mirror behind nginx.
@Suite("Clients of documents", .enabled(if: NginxServer.program != nil, "nginx is not installed"))
struct DocumentClientTests {
    private let upstream = ScriptedUpstream()

    @Test("nginx serves documents as JSON, compressed where that pays, and says how new they are")
    func served() throws {
        // A description that is worth compressing.
        var demo = try ScriptedProject("demo", versions: ["1.0"])
        demo.files += try (0..<9).map { try .init(filename: "demo-0.\($0).tar.gz", bytes: [UInt8(48 + $0)]) }
        upstream.publish([demo])
        let mirror = try TestMirror(of: upstream.url)
        #expect(try mirror.sync().exitCode == 0)
        let server = try NginxServer.serving(mirror)
        for path in ["demo/json", "demo/1.0/json", "demo/0.3/json"] {
            let answer = try server.get("/pypi/\(path)")
            #expect(answer.status == 200, "\(path)")
            #expect(answer.fields["content-type"] == "application/json")
            #expect(answer.fields["vary"] == "Accept-Encoding")
            #expect(answer.fields["cache-control"] == "public, max-age=600")
            #expect(answer.fields["x-pypi-last-serial"].flatMap { Int($0) } ?? 0 > 1_000_000_000)
            #expect(try answer.body == mirror.contents("pypi/\(path)"))
        }
        let packed = try server.get("/pypi/demo/json", ["Accept-Encoding": "gzip"])
        #expect(packed.fields["content-encoding"] == "gzip")
        #expect(try packed.body == mirror.contents("pypi/demo/json.gz"))
        for path in ["/pypi/", "/pypi/demo/", "/pypi/demo/index.html", "/pypi/demo/9/json", "/pypi/absent/json"] {
            #expect(try server.get(path).status == 404, "\(path)")
        }
    }

    @Test(
        "bandersnatch mirrors a mirror whose base-url is set",
        .enabled(
            if: Python.bandersnatch != nil,
            "bandersnatch is not to be had from the index of this machine's pip"
        )
    )
    func bandersnatch() throws {
        var projects = try [
            ScriptedProject("demo", versions: ["1.0", "2.0"], kinds: [.wheel, .sdist]), ScriptedProject("other"),
        ]
        projects[0].files[2].isYanked = true
        upstream.publish(projects)
        let mirror = try TestMirror(of: upstream.url)
        #expect(try mirror.sync().exitCode == 0)
        let server = try NginxServer.serving(mirror)
        try mirror.configure("base-url", "\"\(server.url("/"))\"")
        #expect(try mirror.run("publish").exitCode == 0)

        let folder = try TemporaryFolder()
        let copy = folder.path.appending("copy")
        let settings = try folder.write(
            "bandersnatch.conf",
            """
            [mirror]
            directory = \(copy.string)
            master = \(server.url(""))
            api-method = simple
            allow-non-https = true
            json = true
            simple-format = ALL
            timeout = 10
            workers = 2
            hash-index = false
            stop-on-error = false
            verifiers = 2
            """
        )
        let program = try #require(Python.bandersnatch)
        try Python.run(program, ["--config", settings.string, "mirror"])
        for project in projects {
            let page = try mirror.page(project.name).objects("files")
            #expect(page.count == project.files.count)
            let bytes = try Data(
                contentsOf: URL(fileURLWithPath: copy.string + "/web/simple/\(project.name)/index.v1_json")
            )
            let copied = Report(object: try JSONSerialization.jsonObject(with: bytes) as? [String: Any] ?? [:])
            #expect(
                copied.objects("files").compactMap { $0.text("hashes.sha256") }.sorted()
                    == project.files.map(\.claimedDigest).sorted()
            )
            for file in page {
                let place = try #require(file.text("url")).replacing("../../", with: "")
                let found = try Data(contentsOf: URL(fileURLWithPath: copy.string + "/web/\(place)"))
                #expect(found.count == file.int("size"))
            }
        }
        // Later it asks for what changed alone.
        let grown = try ScriptedProject("other", versions: ["1.0", "1.1"]).stating(serial: 5)
        upstream.publish([projects[0], grown])
        #expect(try mirror.sync().exitCode == 0)
        let asked = try server.requests.count
        try Python.run(program, ["--config", settings.string, "mirror"])
        let later = try server.requests.dropFirst(asked)
        #expect(later.contains { $0.contains("/pypi/other/json ") } && !later.contains { $0.contains("/pypi/demo/") })
        #expect(FileManager.default.fileExists(atPath: copy.string + "/web/json/other"))
    }
}
