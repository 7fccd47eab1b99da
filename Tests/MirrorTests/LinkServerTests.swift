import DemoUpstream
import Foundation
import SystemPackage
import TestSupport
import Testing

/// A web server that follows no symbolic links where files of packages lie, as some may not.
@Suite(
    "Packages without symbolic links, served",
    .enabled(if: NginxServer.program != nil, "nginx is not installed"),
    .enabled(if: Python.environment != nil, "there is no Python")
)
struct LinkServerTests {
    /// Serves a mirror as `docs/configuration.md` says for such a server: `packages/` itself, and links only above it.
    private func serve(_ mirror: TestMirror) throws -> NginxServer {
        let packages = mirror.root.appending("packages").string
        let location = """
                location ^~ /packages/ {
                    alias \(packages)/;
                    disable_symlinks on from=\(packages);
                    default_type application/octet-stream;
                }

                location / {
            """
        return try NginxServer { listen in
            let layout = try mirror.run("layout", "nginx", "--listen", listen).output
            try #require(layout.contains("    location / {\n"))
            return layout.replacing("    location / {\n", with: location + "\n", maxReplacements: 1)
        }
    }

    @Test("pip and uv install where links are not followed, but not by symbolic links", arguments: LinkMode.allCases)
    func install(mode: LinkMode) throws {
        let demo = try DemoFixture(DemoFixture.small)
        let upstream = try demo.serve()
        let mirror = try TestMirror(
            of: upstream.url("/simple/"),
            configuration: ["link": "\"\(mode.rawValue)\""]
        )
        let sync = try mirror.sync()
        #expect(sync.exitCode == 0, "\(sync)")
        try mirror.expectOrder(mode)
        let served = try ServedIndex(mirror, try serve(mirror))
        let file = try #require(try mirror.page("demo-one").objects("files").first?.text("url"))
        let path = "/simple/demo-one/\(file)".replacing("/simple/demo-one/../..", with: "")
        let answer = try served.server.get(path)
        guard mode != .symlink else {
            #expect(answer.status == 403)
            return
        }
        #expect(answer.status == 200)
        #expect(answer.body.count == (try mirror.contents(String(path.dropFirst())).count))
        let program = "import importlib.metadata as m; print(m.version('demo-one'), m.version('demo-two'))"
        let outputs = try served.install(["demo-one", "demo-two"], andRun: program)
        #expect(outputs == [String](repeating: "1.0 2.0\n", count: Python.installers.count))
        let (wheels, sidecars) = try served.checkSidecars()
        #expect(wheels > 1 && sidecars == wheels)
    }
}
