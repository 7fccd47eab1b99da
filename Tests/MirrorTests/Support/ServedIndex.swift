import Foundation
import SystemPackage
import TestSupport
import Testing

/// A mirror behind a web server, as its clients see it.
struct ServedIndex {
    let mirror: TestMirror
    let server: any LayoutServer

    init(_ mirror: TestMirror, by server: WebServer = .nginx) throws {
        try self.init(mirror, server.serving(mirror))
    }

    init(_ mirror: TestMirror, _ server: any LayoutServer) throws {
        (self.mirror, self.server) = (mirror, server)
    }

    var url: String { server.url("/simple/") }

    /// Requirements for exactly what pip would install, with all digests that the mirror's own pages name.
    ///
    /// - Parameters:
    ///   - names: What to install.
    ///   - folder: Where the file goes.
    /// - Returns: The file.
    /// - Throws: What pip or the server throw.
    func requirements(for names: [String], in folder: TemporaryFolder) throws -> FilePath {
        let pins = try Python.resolve(names, from: url).map { name, version in
            let answer = try server.get(
                "/simple/\(name.lowercased().replacing(/[-_.]+/, with: "-"))/",
                ["Accept": "application/vnd.pypi.simple.v1+json"]
            )
            let page = Report(
                object: try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any] ?? [:]
            )
            let digests = page.objects("files").compactMap { $0.text("hashes.sha256") }
            try #require(!digests.isEmpty, "\(name)")
            return "\(name)==\(version) \(digests.map { "--hash=sha256:\($0)" }.joined(separator: " "))\n"
        }
        try #require(!pins.isEmpty)
        return try folder.write("requirements.txt", pins.joined())
    }

    /// Installs with pip, and with uv where it is to be had, from this index alone and with digests required.
    ///
    /// - Parameters:
    ///   - names: What to install.
    ///   - program: A program of Python that uses what was installed.
    /// - Returns: What the program printed, once for each installer.
    /// - Throws: What fails.
    func install(_ names: [String], andRun program: String) throws -> [String] {
        let folder = try TemporaryFolder()
        let file = try requirements(for: names, in: folder)
        let what = ["--require-hashes", "-r", file.string]
        return try Python.installers.enumerated().map { place, install in
            let target = folder.path.appending("\(place)")
            try install(what, url, target)
            return try Python.run(program, with: target)
        }
    }

    /// Compares every sidecar that a page advertises with what is served and with the METADATA in the wheel.
    ///
    /// - Returns: How many wheels there are, and how many have a sidecar.
    /// - Throws: What Python says of the first that differs.
    func checkSidecars() throws -> (wheels: Int, sidecars: Int) {
        let program = """
            import hashlib, io, json, sys, urllib.parse, urllib.request, zipfile
            def get(url):
                request = urllib.request.Request(url, headers={"Accept": "application/vnd.pypi.simple.v1+json"})
                with urllib.request.urlopen(request) as response:
                    return response.read()
            index = "\(url)"
            wheels = sidecars = 0
            for project in json.loads(get(index))["projects"]:
                page = index + project["name"] + "/"
                for file in json.loads(get(page))["files"]:
                    url = urllib.parse.urljoin(page, file["url"])
                    data = get(url)
                    assert hashlib.sha256(data).hexdigest() == file["hashes"]["sha256"], url
                    assert len(data) == file["size"], url
                    if not url.endswith(".whl"):
                        continue
                    wheels += 1
                    if "core-metadata" not in file:
                        continue
                    sidecars += 1
                    sidecar = get(url + ".metadata")
                    assert hashlib.sha256(sidecar).hexdigest() == file["core-metadata"]["sha256"], url
                    wheel = zipfile.ZipFile(io.BytesIO(data))
                    name, = [n for n in wheel.namelist() if n.endswith(".dist-info/METADATA")]
                    assert wheel.read(name) == sidecar, url
            print(wheels, sidecars)
            """
        let numbers = try Python.run(program, with: mirror.root).split(whereSeparator: \.isWhitespace).compactMap {
            Int($0)
        }
        try #require(numbers.count == 2)
        return (numbers[0], numbers[1])
    }
}
