import DemoUpstream
import Foundation
import Packaging
import SystemPackage
import TestSupport
import Testing

/// A sync costs what changed (design, section 9), and does only what it was told to.
@Suite("Incremental syncs") struct IncrementalTests {
    private let upstream = ScriptedUpstream()

    @Test(
        "Nothing new costs one request; a new release costs its page and its files",
        .enabled(if: NginxServer.program != nil, "nginx is not installed")
    )
    func requests() throws {
        let demo = try DemoFixture()
        let server = try demo.serve()
        let mirror = try TestMirror(of: server.url("/simple/"))
        let first = try mirror.sync()
        #expect(first.exitCode == 0, "\(first)")
        #expect(first.report.int("projects.changed") == 40)
        var seen = try server.requests.count
        func newRequests() throws -> [String] {
            defer { seen = (try? server.requests.count) ?? seen }
            return Array(try server.requests[seen...])
        }

        let idle = try mirror.sync()
        #expect(idle.exitCode == 0, "\(idle)")
        #expect(try newRequests() == ["304 /simple/ 0"])
        #expect(idle.report.int("requests.metadata") == 1)
        #expect(idle.report.int("requests.notModified") == 1)
        #expect(idle.report.int("projects.unchanged") == 40)

        let before = Set(demo.upstream.paths(of: try #require(.init("demo-web"))))
        try demo.upstream.apply(Array(DemoUpstream.story.prefix(1)))
        let after = Set(demo.upstream.paths(of: try #require(.init("demo-web"))))
        let changed = try mirror.sync()
        #expect(changed.exitCode == 0, "\(changed)")
        let new = after.subtracting(before)
        let sidecars = new.filter { $0.hasSuffix(".whl") }.map { "/\($0).metadata" }
        let asked = try newRequests().compactMap { $0.split(separator: " ").dropFirst().first.map(String.init) }
        #expect(new.count == 2 && sidecars.count == 1)
        #expect(asked.sorted() == (["/simple/", "/simple/demo-web/"] + new.map { "/\($0)" } + sidecars).sorted())
        #expect(changed.report.int("projects.changed") == 1)
        #expect(changed.report.int("projects.unchanged") == 39)
    }

    @Test("The newest releases are kept, as many as the configuration says at the time")
    func latest() throws {
        let versions = ["1.0", "1.10", "1.2", "2.0", "2.1rc1"]
        upstream.publish([try ScriptedProject("many", versions: versions)])
        let mirror = try TestMirror(of: upstream.url, projects: ["many"], configuration: ["latest": "2"])
        let wheels = { (versions: [String]) in versions.map { "many-\($0)-py3-none-any.whl" }.sorted() }
        #expect(try mirror.sync().report.int("files.downloaded") == 2)
        #expect(try mirror.filenames("many").sorted() == wheels(["1.10", "2.0"]))
        try mirror.configure("latest", "3")
        #expect(try mirror.sync().report.int("files.downloaded") == 1)
        #expect(try mirror.filenames("many").sorted() == wheels(["1.10", "1.2", "2.0"]))
        try mirror.configure("latest", "1")
        let fewer = try mirror.sync()
        #expect(fewer.exitCode == 0, "\(fewer)")
        #expect(fewer.report.int("requests.files") == 0)
        #expect(try mirror.filenames("many") == wheels(["2.0"]))
        try mirror.configure("latest", "2")
        #expect(try mirror.sync().report.int("requests.files") == 0)
        #expect(try mirror.filenames("many").sorted() == wheels(["1.10", "2.0"]))
        #expect(try mirror.verify().exitCode == 0)
    }

    @Test("A dry run tells what it would do and does none of it")
    func dryRun() throws {
        upstream.publish(try .good(3))
        let mirror = try TestMirror(of: upstream.url, configuration: ["retries": "0"])
        // Opening a mirror makes its locks and an empty index.
        let made: Set = ["index", "lock", "lock.index"]
        try expectDryRun(of: mirror, downloads: 3, changes: 3, made: made)
        #expect(try mirror.sync().exitCode == 0)
        var more: [ScriptedProject] = try .good(5)
        more[0] = try ScriptedProject("good-00", versions: ["1.0", "1.1"])
        more[0].serial = 2
        upstream.publish(more)
        try expectDryRun(of: mirror, downloads: 3, changes: 3)
        #expect(try mirror.sync().report.int("files.downloaded") == 3)
    }

    private func expectDryRun(of mirror: TestMirror, downloads: Int, changes: Int, made: Set<String> = []) throws {
        let before = try FileTree(mirror.root, except: made)
        let result = try mirror.sync("--dry-run")
        #expect(result.exitCode == 0, "\(result)")
        #expect(result.report.int("files.downloaded") == downloads)
        #expect(result.report.int("projects.changed") == changes)
        #expect(result.report.int("requests.files") == 0)
        // The table of readers of the index is memory that readers share, and no state of the mirror.
        let differences = try FileTree(mirror.root, except: made).differences(from: before)
            .filter { $0 != "index/lock.mdb" }
        #expect(differences == [])
    }

    @Test("What is fetched without publishing is seen when it is published")
    func publishLater() throws {
        upstream.publish(try .good(3))
        let mirror = try TestMirror(of: upstream.url)
        let reference = try TestMirror(of: upstream.url)
        #expect(try reference.sync().exitCode == 0)
        #expect(try mirror.sync("--no-publish").report.int("files.downloaded") == 3)
        #expect(throws: (any Error).self) { try mirror.listedProjects() }
        let published = try mirror.run("publish", "--json")
        #expect(published.exitCode == 0, "\(published)")
        #expect(published.report.int("projects") == 3)
        #expect(try mirror.listedProjects().count == 3)
        #expect(try published.report.text("treeDigest") == reference.treeDigest)
        upstream.publish(try .good(4))
        #expect(try mirror.sync("--no-publish").exitCode == 0)
        #expect(try mirror.listedProjects().count == 3)
        // A later sync with nothing new publishes what was left.
        #expect(try mirror.sync().exitCode == 0)
        #expect(try mirror.listedProjects().count == 4)
    }

    @Test("A selection by name asks for its pages and not for the list")
    func named() throws {
        upstream.publish(try .good(5))
        let mirror = try TestMirror(of: upstream.url, projects: ["Good_01", "good.03"])
        #expect(try mirror.sync().exitCode == 0)
        let pages = upstream.requestedPaths.filter { $0.hasPrefix("/simple/") }
        #expect(pages.sorted() == ["/simple/good-01/", "/simple/good-03/"])
        #expect(try mirror.listedProjects() == ["good-01", "good-03"])
        let before = upstream.requestedPaths.count
        let one = try mirror.sync("good-03")
        #expect(one.exitCode == 0, "\(one)")
        #expect(Array(upstream.requestedPaths[before...]) == ["/simple/good-03/"])
    }
}
