import Foundation
import SystemPackage
import TestSupport
import Testing

/// What breaks installers in other indexes does not in ours: row by row, on our pages, by pip and uv.
@Suite(
    "What breaks clients",
    .enabled(if: NginxServer.program != nil, "nginx is not installed"),
    .enabled(if: Python.environment != nil, "there is no Python")
)
struct ClientTableTests {
    @Test("Installers get from our pages what there is", arguments: ClientTableRow.parts.keys.sorted())
    func rows(part: String) throws {
        let rows = try #require(ClientTableRow.parts[part])
        let upstream = ScriptedUpstream()
        let projects = try rows.map { try $0.publish(on: upstream) }
        upstream.list(projects)
        let mirror = try TestMirror(of: upstream.url, configuration: ["retries": "0"])
        let result = try mirror.sync()
        for row in rows {
            #expect(result.report.failures(of: row.name).isEmpty == !row.isFailure, "\(row.name): \(result)")
            try expectPlainPage(mirror, row)
        }
        #expect(result.exitCode == (rows.contains(where: \.isFailure) ? 3 : 0))
        let served = try ServedIndex(mirror)
        let names = rows.map(\.name)
        // Each of them alone says little of whom it concerns.
        try expectInstalled(rows, \.installable) {
            try Python.pipInstall(["--no-deps"] + names, from: served.url, into: $0)
        }
        guard Python.uv != nil else { return }
        let byUv = { (row: ClientTableRow) in row.installableByUv ?? row.installable }
        try expectInstalled(rows, byUv) {
            try Python.uvInstall(["--no-deps"] + names, from: served.url, into: $0)
        }
    }

    private func expectInstalled(
        _ rows: [ClientTableRow],
        _ version: (ClientTableRow) -> String,
        by install: (FilePath) throws -> Void
    ) throws {
        let folder = try TemporaryFolder()
        try install(folder.path.appending("target"))
        let found = try FileManager.default.contentsOfDirectory(atPath: folder.path.appending("target").string)
        for row in rows {
            let name = "\(row.name.replacingOccurrences(of: "-", with: "_"))-\(version(row)).dist-info"
            #expect(found.contains(name), "\(row.name): \(found.filter { $0.hasSuffix(".dist-info") })")
        }
    }

    /// Nothing on the page is what some client cannot take.
    private func expectPlainPage(_ mirror: TestMirror, _ row: ClientTableRow) throws {
        let text = String(decoding: try mirror.contents("simple/\(row.name)/index.v1_json"), as: UTF8.self)
        #expect(!text.contains(":null"), "\(row.name)")
        let files = try mirror.page(row.name).objects("files")
        var names: Set<String> = []
        for file in files {
            let filename = try #require(file.text("filename"))
            #expect(names.insert(filename).inserted, "\(row.name): \(filename) twice")
            let url = try #require(file.text("url"))
            #expect(url.hasPrefix("../../packages/") && !url.contains("?") && !url.contains("#"), "\(url)")
            #expect(url.split(separator: "/").last?.removingPercentEncoding == filename, "\(url)")
            #expect(file.text("hashes.sha256")?.count == 64 && file.int("size") != nil, "\(filename)")
            #expect(!file.has("hashes.md5") && !file.has("hashes.blake2b") && !file.has("hashes.sha1"), "\(filename)")
            if let time = file.text("upload-time") {
                #expect(time.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/) != nil, "\(row.name): \(time)")
            }
            #expect(file.text("yanked") != "" && file.text("requires-python") != "", "\(filename)")
            let sidecar = try? mirror.contents("simple/\(row.name)/\(url.removingPercentEncoding ?? url).metadata")
            #expect((sidecar != nil) == file.has("core-metadata.sha256"), "\(row.name): \(filename)")
        }
    }
}
