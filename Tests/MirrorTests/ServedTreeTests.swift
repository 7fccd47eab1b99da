import DemoUpstream
import Digest
import Foundation
import TestSupport
import Testing

/// What clients get from a mirror behind nginx.
@Suite(
    "Served trees",
    .enabled(if: NginxServer.program != nil, "nginx is not installed"),
    .enabled(if: Python.environment != nil, "there is no Python")
)
struct ServedTreeTests {
    @Test("A JSON upstream with content negotiation: pip and uv install from its mirror, sdists too")
    func install() throws {
        let demo = try DemoFixture()
        let upstream = try demo.serve()
        let mirror = try TestMirror(of: upstream.url("/simple/"))
        let result = try mirror.sync()
        #expect(result.exitCode == 0, "\(result)")
        #expect(try upstream.requests.contains { $0.hasPrefix("200 /simple/demo-web/ ") })
        let served = try ServedIndex(mirror)
        let program = """
            import \(DemoUpstream.applicationModule) as a, \(DemoUpstream.sourceOnlyModule) as s
            print(a.__version__, s.__version__)
            """
        let outputs = try served.install([DemoUpstream.application, DemoUpstream.sourceOnly], andRun: program)
        #expect(outputs == [String](repeating: "1.2.0 0.1\n", count: Python.installers.count))
        // pip takes metadata from sidecars, and only what it installs from wheels.
        #expect(try served.server.finish().contains { $0.hasPrefix("200 ") && $0.contains(".whl.metadata ") })
        let (wheels, sidecars) = try served.checkSidecars()
        #expect(wheels > 60 && sidecars == wheels)
    }

    @Test("uv is at hand", .enabled(if: Python.uv != nil, "uv is not to be had from the index of this machine's pip"))
    func uv() throws {
        let uv = try #require(Python.uv)
        #expect(try Python.run(uv, ["--version"]).hasPrefix("uv "))
    }

    @Test("9, 13: A sidecar that is not the wheel's metadata is told once and never advertised")
    func poisonedSidecar() throws {
        let upstream = ScriptedUpstream()
        var poisoned = try ScriptedProject("poisoned")
        poisoned.files[0].metadata? += Array("Requires-Dist: evil\n".utf8)
        upstream.publish(try .good(2) + [poisoned])
        let mirror = try TestMirror(of: upstream.url, configuration: ["retries": "0"])
        let first = try mirror.sync()
        #expect(first.exitCode == 3, "\(first)")
        #expect(first.report.failures.count == 1)
        let failure = try #require(first.report.failures(of: "poisoned").first)
        #expect(failure.text("file") == "poisoned-1.0-py3-none-any.whl.metadata")
        let file = try #require(try mirror.page("poisoned").objects("files").first)
        #expect(!file.has("core-metadata") && !file.has("dist-info-metadata"))
        #expect(try mirror.page("good-00").objects("files").first?.has("core-metadata") == true)
        let html = String(decoding: try mirror.contents("simple/poisoned/index.html"), as: UTF8.self)
        #expect(html.contains("<a ") && !html.contains("metadata"))
        let served = try ServedIndex(mirror)
        let path = "/simple/poisoned/\(file.text("url") ?? "")".replacing("/simple/poisoned/../..", with: "")
        #expect(try served.server.get(path).status == 200)
        #expect(try served.server.get(path + ".metadata").status == 404)
        #expect(try served.checkSidecars() == (3, 2))
        let second = try mirror.sync()
        #expect(second.exitCode == 0, "\(second)")
        #expect(try mirror.verify().exitCode == 0)
    }

    @Test("An upstream with nothing but HTML, MD5 and relative links gives pages with sizes and SHA-256")
    func htmlOnly() throws {
        let upstream = ScriptedUpstream()
        let projects: [ScriptedProject] = try .good(3) + [ScriptedProject("sourced", kinds: [.wheel, .sdist])]
        let type = "Content-Type: text/html; charset=utf-8"
        let links = projects.map { "<a href=\"\($0.name)/\">\($0.name)</a>" }
        upstream.set("/simple/", .init(headers: [type], body: Array(page(links).utf8)))
        for project in projects {
            upstream.publish(project)
            let links = try project.files.map { file in
                var hasher = try Digest.Hasher(.md5)
                hasher.update(file.bytes)
                let digest = try hasher.finalize().hex
                return "<a href=\"../../files/\(file.filename)#md5=\(digest)\" data-requires-python=\"&gt;=3.8\">"
                    + "\(file.filename)</a>"
            }
            upstream.set("/simple/\(project.name)/", .init(headers: [type], body: Array(page(links).utf8)))
        }
        let mirror = try TestMirror(of: upstream.url)
        let result = try mirror.sync()
        #expect(result.exitCode == 0, "\(result)")
        for project in projects {
            let html = String(decoding: try mirror.contents("simple/\(project.name)/index.html"), as: UTF8.self)
            let files = try mirror.page(project.name).objects("files")
            #expect(files.count == project.files.count)
            for expected in project.files {
                let file = try #require(files.first { $0.text("filename") == expected.filename })
                #expect(file.text("hashes.sha256") == expected.claimedDigest)
                #expect(!file.has("hashes.md5"))
                #expect(file.int("size") == expected.bytes.count)
                #expect(file.text("requires-python") == ">=3.8")
                #expect(html.contains("\(expected.filename)#sha256=\(expected.claimedDigest)"))
            }
            #expect(!html.contains("md5"))
        }
        let served = try ServedIndex(mirror)
        let program = "import good_00, sourced; print(good_00.__version__, sourced.__version__)"
        let outputs = try served.install(["good-00", "sourced"], andRun: program)
        #expect(outputs.allSatisfy { $0 == "1.0 1.0\n" })
        // Without serials an unchanged list says nothing, and each page is asked for on condition.
        let second = try mirror.sync()
        #expect(second.exitCode == 0, "\(second)")
        #expect(second.report.int("requests.notModified") == 4)
        #expect(second.report.int("requests.files") == 0)
        let grown = try ScriptedProject("good-00", versions: ["1.0", "1.1"])
        upstream.publish(grown)
        let more = grown.files.map { "<a href=\"../../files/\($0.filename)\">\($0.filename)</a>" }
        upstream.set("/simple/good-00/", .init(headers: [type], body: Array(page(more).utf8)))
        let third = try mirror.sync()
        #expect(third.exitCode == 0, "\(third)")
        #expect(try mirror.filenames("good-00") == grown.files.map(\.filename))
    }

    private func page(_ links: [String]) -> String {
        "<!DOCTYPE html><html><body>\n\(links.joined(separator: "<br>\n"))\n</body></html>\n"
    }
}
