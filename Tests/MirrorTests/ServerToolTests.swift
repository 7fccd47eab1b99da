import Foundation
import SystemPackage
import TestSupport
import Testing

/// Other clients and mirrors than pip and uv, behind each web server; run by `tools/long-tests/server-tools`.
@Suite(
    "Tools behind web servers",
    .enabled(if: PythonTool.areWanted, "it takes long; tools/long-tests/server-tools runs it"),
    .enabled(if: Python.environment != nil, "there is no Python")
)
struct ServerToolTests {
    private let fixture: ClientFixture
    private let home: FilePath

    init() throws {
        fixture = try ClientFixture()
        home = fixture.folder.path.appending("home")
        try FileManager.default.createDirectory(atPath: home.string, withIntermediateDirectories: true)
    }

    /// Writes a project that needs `app`, and says where from.
    private func writeProject(_ tables: String) throws {
        let project = """
            [project]
            name = "here"
            version = "0.1.0"
            requires-python = ">=\(try Python.version)"
            dependencies = ["app"]

            """
        try fixture.folder.write("home/pyproject.toml", project + tables)
    }

    /// Expects the right releases in the project's own environment, and their digests in its lock file.
    private func expectInstalled(lockedBy lock: String) throws {
        let python = home.appending(".venv/bin/python")
        #expect(try Python.run(python, ["-c", ClientFixture.program]) == ClientFixture.versions)
        let text = try String(contentsOfFile: home.appending(lock).string, encoding: .utf8)
        #expect(fixture.digests.allSatisfy(text.contains))
    }

    @Test(
        "poetry locks and installs, by JSON and by HTML",
        .enabled(if: PythonTool.poetry != nil, "poetry is not to be had from the index of this machine's pip"),
        arguments: WebServer.offers
    )
    func poetry(kind: WebServer, offersJSON: Bool) throws {
        let server = try kind.serving(fixture.mirror, offersJSON: offersJSON)
        try writeProject(
            """
            [tool.poetry]
            package-mode = false
            [[tool.poetry.source]]
            name = "mirror"
            url = "\(server.url("/simple/"))"
            priority = "primary"
            """
        )
        try #require(PythonTool.poetry).run("poetry", ["install", "--no-interaction"], in: home)
        try expectInstalled(lockedBy: "poetry.lock")
    }

    @Test(
        "pdm locks and installs, by JSON and by HTML",
        .enabled(if: PythonTool.pdm != nil, "pdm is not to be had from the index of this machine's pip"),
        arguments: WebServer.offers
    )
    func pdm(kind: WebServer, offersJSON: Bool) throws {
        let server = try kind.serving(fixture.mirror, offersJSON: offersJSON)
        try writeProject(
            """
            [tool.pdm]
            distribution = false
            [[tool.pdm.source]]
            name = "pypi"
            url = "\(server.url("/simple/"))"
            """
        )
        let pdm = try #require(PythonTool.pdm)
        try pdm.run("pdm", ["venv", "create", pdm.path("python")], in: home)
        try pdm.run("pdm", ["install"], in: home)
        try expectInstalled(lockedBy: "pdm.lock")
    }

    @Test(
        "pip and uv install through a devpi that mirrors it",
        .enabled(if: PythonTool.devpi != nil, "devpi-server is not to be had from the index of this machine's pip"),
        arguments: WebServer.installed
    )
    func devpi(kind: WebServer) throws {
        let server = try kind.serving(fixture.mirror)
        let devpi = try #require(PythonTool.devpi)
        try devpi.run("devpi-init", ["--serverdir", "state", "--no-root-pypi"], in: home)
        let errors = fixture.folder.path.appending("errors")
        let running = try LoopbackProgram(errors: errors) { ports in
            try BackgroundProgram(
                [devpi.path("devpi-server"), "--serverdir", "state", "--host", "127.0.0.1", "--port", "\(ports[0])"],
                in: home,
                environment: PythonTool.environment(home),
                errors: errors
            )
        }
        defer { running.program.stop() }
        let origin = "http://127.0.0.1:\(running.ports[0])"
        let program = """
            import base64, json, urllib.request
            def call(path, method, value, fields={}):
                fields = {"Content-Type": "application/json", **fields}
                data = json.dumps(value).encode()
                request = urllib.request.Request("\(origin)" + path, data, fields, method=method)
                with urllib.request.urlopen(request) as response:
                    return json.load(response)
            login = call("/+login", "POST", {"user": "root", "password": ""})
            token = base64.b64encode(("root:" + login["result"]["password"]).encode()).decode()
            index = {"type": "mirror", "mirror_url": "\(server.url("/simple/"))", "volatile": True}
            call("/root/mirror", "PUT", index, {"X-Devpi-Auth": token})
            """
        _ = try Python.run(program, with: home)
        for (place, install) in Python.installers.enumerated() {
            let target = home.appending("\(place)")
            let what = ["--require-hashes", "-r", fixture.requirements.string]
            try install(what, "\(origin)/root/mirror/+simple/", target)
            #expect(try Python.run(ClientFixture.program, with: target) == ClientFixture.versions)
        }
        let had = ClientFixture.files(try server.finish())
        #expect(had.isSuperset(of: ["app-1.0-py3-none-any.whl", "lib-1.0-py3-none-any.whl"]))
    }

    @Test(
        "bandersnatch mirrors a mirror whose base-url is set",
        .enabled(
            if: PythonTool.bandersnatch != nil,
            "bandersnatch is not to be had from the index of this machine's pip"
        ),
        arguments: WebServer.installed
    )
    func bandersnatch(kind: WebServer) throws {
        let server = try kind.serving(fixture.mirror)
        try fixture.mirror.configure("base-url", "\"\(server.url("/"))\"")
        #expect(try fixture.mirror.run("publish").exitCode == 0)
        let configuration = """
            [mirror]
            directory = \(home.string)/mirror
            master = \(server.url(""))
            allow-non-https = true
            json = true
            timeout = 10
            workers = 3
            hash-index = false
            stop-on-error = true
            api-method = simple
            """
        let file = try fixture.folder.write("home/bandersnatch.conf", configuration)
        try #require(PythonTool.bandersnatch).run("bandersnatch", ["-c", file.string, "mirror"], in: home)
        let requests = try server.finish()
        #expect(requests.contains { $0.hasPrefix("301 /simple ") })
        #expect(requests.contains { $0.hasPrefix("200 /simple/ ") })
        for project in ["app", "lib"] {
            #expect(requests.contains { $0.hasPrefix("200 /pypi/\(project)/json ") }, "\(requests)")
            let files = try fixture.mirror.page(project).objects("files")
            for file in files {
                let place = try #require(file.text("url")).replacing("../../", with: "")
                let path = home.appending("mirror/web").pushing(FilePath(place)).string
                #expect(try Data(contentsOf: URL(fileURLWithPath: path)).count == file.int("size"))
            }
            #expect(ClientFixture.files(requests).isSuperset(of: files.compactMap { $0.text("filename") }))
        }
    }
}
