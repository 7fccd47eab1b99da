import DemoUpstream
import Foundation
import SystemPackage
import TestSupport
import Testing

/// What the policy blocks is gone for readers, whatever else goes wrong.
@Suite("Blocks") struct BlockTests {
    private let upstream = ScriptedUpstream()

    private func synced(_ projects: [ScriptedProject]) throws -> TestMirror {
        upstream.publish(projects)
        let names = projects.map(\.name)
        let mirror = try TestMirror(of: upstream.url, projects: names, configuration: ["retries": "0"])
        #expect(try mirror.sync().exitCode == 0)
        return mirror
    }

    /// Has upstream answer nothing any more.
    private func takeDown(_ projects: [ScriptedProject]) {
        upstream.set("/simple/", .failing("503 Service Unavailable"))
        for project in projects { upstream.set("/simple/\(project.name)/", .failing("503 Service Unavailable")) }
    }

    @Test("A block that was applied and not published is published by the next sync, though upstream is down")
    func unpublished() throws {
        let projects = [try ScriptedProject("demo", versions: ["1.0", "2.0"])]
        let mirror = try synced(projects)
        try mirror.configure("releases", "[\"demo==2.0\"]", in: "[policy.blocked]")
        let blocked = try mirror.sync("--no-publish")
        #expect(blocked.exitCode == 0)
        #expect(blocked.report.texts("blocked") == ["demo"])
        #expect(try mirror.filenames("demo").count == 2)
        takeDown(projects)
        #expect(try mirror.sync().exitCode == 69)
        #expect(try mirror.filenames("demo") == ["demo-1.0-py3-none-any.whl"])
        #expect(try mirror.verify().exitCode == 0)
    }

    @Test("A block holds where the record is damaged or gone", arguments: [true, false])
    func unreadableRecord(isDamaged: Bool) throws {
        let projects = [try ScriptedProject("demo", versions: ["1.0", "2.0"]), try ScriptedProject("six")]
        let mirror = try synced(projects)
        for name in ["demo", "six"] {
            let record = try mirror.record(of: name)
            if isDamaged {
                try rewrite(record) { $0[$0.count / 2] ^= 1 }
            } else {
                try FileManager.default.removeItem(atPath: record.string)
            }
        }
        // A digest could be anybody's: what does not have it stays.
        try mirror.configure("digests", "[\"sha256:\(projects[0].files[1].claimedDigest)\"]")
        let published = try mirror.run("publish")
        #expect(published.exitCode == 3, "\(published)")
        #expect("\(published)".contains("something of it is blocked"))
        #expect(try mirror.filenames("demo") == [])
        #expect(try mirror.filenames("six").count == 1)

        let result = try mirror.sync()
        #expect(result.exitCode == 0, "\(result)")
        #expect(result.report.int("requests.files") == 0)
        #expect(try mirror.filenames("demo") == ["demo-1.0-py3-none-any.whl"])
        #expect(try mirror.verify().exitCode == 0)
    }

    @Test("What is blocked cannot be had by its URL either, until it is unblocked")
    func links() throws {
        // Two files of the same bytes under the same directory of links.
        var demo = try ScriptedProject("demo", versions: ["1.0", "2.0"])
        demo.files.append(try .init(filename: "demo-1.0-py2-none-any.whl", bytes: demo.files[0].bytes))
        let projects = [demo, try ScriptedProject("six")]
        let mirror = try synced(projects)
        let digests = ["sha256:\(demo.files[1].claimedDigest)"]
        var urls: [String: String] = [:]
        for name in ["demo", "six"] {
            for file in try mirror.page(name).objects("files") {
                urls[try #require(file.text("filename"))] = "simple/\(name)/" + (try #require(file.text("url")))
            }
        }
        func canBeHad(_ file: String) throws -> Bool {
            let url = try #require(urls[file]?.split(separator: "#").first)
            return (try? mirror.contents(String(url))) != nil
        }
        func sidecarIsThere(_ file: String) throws -> Bool {
            let url = try #require(urls[file]?.split(separator: "#").first)
            return (try? mirror.contents("\(url).metadata")) != nil
        }
        let names = demo.files.map(\.filename)
        #expect(try names.allSatisfy(canBeHad))
        #expect(try sidecarIsThere(names[0]))

        try mirror.configure("projects", "[\"six\"]", in: "[policy.blocked]")
        try mirror.configure("releases", "[\"demo==9\"]", in: "[policy.blocked]")
        try mirror.configure("digests", "[\"\(digests[0])\"]", in: "[policy.blocked]")
        // Not before the page.
        #expect(try mirror.sync("--no-publish").exitCode == 0)
        #expect(try canBeHad(names[1]))
        takeDown(projects)
        #expect(try mirror.run("publish").exitCode == 0)
        #expect(try names.map(canBeHad) == [true, false, true])
        #expect(try !sidecarIsThere(names[1]))
        #expect(try !canBeHad(projects[1].files[0].filename))
        #expect(try mirror.verify().exitCode == 0)

        // The bytes stay until gc.
        upstream.publish(projects)
        try mirror.configure("projects", "[]", in: "[policy.blocked]")
        try mirror.configure("digests", "[]", in: "[policy.blocked]")
        let back = try mirror.sync()
        #expect(back.exitCode == 0)
        #expect(back.report.int("requests.files") == 0)
        #expect(try names.allSatisfy(canBeHad))
        #expect(try sidecarIsThere(names[1]))
        #expect(try canBeHad(projects[1].files[0].filename))
        #expect(try mirror.verify().exitCode == 0)
    }

    @Test("A digest that upstream does not name is blocked by that of what arrived, and `why` says so")
    func unnamedDigest() throws {
        let demo = try ScriptedProject("demo")
        upstream.publish([demo])
        let file: [String: Any] = [
            "filename": demo.files[0].filename, "url": "../../files/\(demo.files[0].path)",
            "hashes": [String: String](),
        ]
        upstream.set("/simple/demo/", .json(["meta": ["api-version": "1.0"], "name": "demo", "files": [file]]))
        let mirror = try TestMirror(of: upstream.url, projects: ["demo"], configuration: ["retries": "0"])
        #expect(try mirror.sync().exitCode == 0)
        try mirror.configure("digests", "[\"sha256:\(demo.files[0].claimedDigest)\"]", in: "[policy.blocked]")
        for _ in 0..<2 {
            #expect(try mirror.sync().exitCode == 0)
            #expect(try mirror.filenames("demo") == [])
            let why = try mirror.run("why", "demo", demo.files[0].filename).output
            #expect(why.contains("by [policy.blocked] digests (larder.toml:"), "\(why)")
            #expect(!why.contains("wanted now"), "\(why)")
        }
    }

    /// Whether a project has a page that lists nothing.
    private func isAnnounced(_ name: String, in mirror: TestMirror) throws -> Bool {
        guard mirror.hasPage(of: name) else { return false }
        return try mirror.filenames(name) == [] && !mirror.listedProjects().contains(name)
    }

    @Test("What a pattern blocks has a page as soon as a list, a requirement or a closure brings it up")
    func patterns() throws {
        let projects = try ["demo", "evil-listed"].map { try ScriptedProject($0) }
        upstream.publish(projects)
        let everything = try TestMirror(of: upstream.url, configuration: ["retries": "0"])
        try everything.configure("projects", "[\"evil-*\"]", in: "[policy.blocked]")
        #expect(try everything.sync().exitCode == 0)
        #expect(try isAnnounced("evil-listed", in: everything))
        #expect(try everything.listedProjects() == ["demo"])

        let needing = try ScriptedProject("demo", [.init(version: "1.0", requires: ["evil-needed"])])
        upstream.publish([needing])
        let mirror = try TestMirror(of: upstream.url, projects: ["demo"], configuration: ["retries": "0"])
        try mirror.folder.write("mirror/more.txt", "evil-required\n")
        try mirror.configure("requirements", "[\"more.txt\"]")
        try mirror.configure("closure", "\"newest\"")
        try mirror.configure("environments", "[{ python = \"3.12\", platform = \"linux\" }]")
        try mirror.configure("projects", "[\"evil-*\"]", in: "[policy.blocked]")
        #expect(try mirror.sync().exitCode == 0)
        #expect(try isAnnounced("evil-required", in: mirror))
        #expect(try isAnnounced("evil-needed", in: mirror))
        // One that comes later, without the network.
        try mirror.folder.write("mirror/more.txt", "evil-required\nevil-later\n")
        #expect(try mirror.run("publish").exitCode == 0)
        #expect(try isAnnounced("evil-later", in: mirror))
        #expect(try mirror.verify().exitCode == 0)
    }

    @Test("A dry run tells what it would withhold, and the pages that blocks make")
    func forecast() throws {
        var demo = try ScriptedProject("demo", versions: ["1.0", "2.0"])
        let formatter = ISO8601DateFormatter()
        let now = Date()
        demo.files[1].uploadTime = formatter.string(from: now)
        upstream.publish([demo, try ScriptedProject("evil-listed")])
        let mirror = try TestMirror(of: upstream.url, configuration: ["retries": "0"])
        try mirror.configure("minimum-age", "\"7d\"")
        try mirror.configure("projects", "[\"evil-*\", \"never-here\"]", in: "[policy.blocked]")
        let result = try mirror.sync("--dry-run")
        #expect(result.exitCode == 0, "\(result)")
        let added = result.report.objects("changes.added")
        #expect(added.map { $0.text("cause") } == ["[policy] minimum-age", "new projects"])
        #expect(added.map { $0.int("files") } == [1, 1])
        let day = String(formatter.string(from: now.addingTimeInterval(7 * 86_400)).prefix(10))
        #expect(added.map { $0.text("until") } == [day, nil])
        let withdrawn = result.report.objects("changes.withdrawn")
        #expect(withdrawn.map { $0.text("cause") } == ["[policy.blocked] projects"])
        #expect(withdrawn.map { $0.int("projects") } == [2])
        #expect(try mirror.run("sync", "--dry-run").output.contains(", withheld until \(day)"))
        #expect(!mirror.hasPage(of: "never-here"))
        #expect(try mirror.sync().report.texts("blocked") == ["evil-listed", "never-here"])
    }

    @Test("A project that was never here leaves altogether when it is blocked no more")
    func unblocked() throws {
        let mirror = try synced([try ScriptedProject("demo")])
        try mirror.configure("projects", "[\"demo\", \"never-here\", \"nor-here\"]", in: "[policy.blocked]")
        #expect(try mirror.sync().exitCode == 0)
        #expect(try isAnnounced("never-here", in: mirror))
        try mirror.configure("projects", "[\"nor-here\"]", in: "[policy.blocked]")
        #expect(try mirror.run("publish").exitCode == 0)
        #expect(!mirror.hasPage(of: "never-here"))
        #expect(try isAnnounced("nor-here", in: mirror))
        #expect(try mirror.verify().exitCode == 0)
        #expect(try mirror.run("why", "never-here", "--json").report.text("state") == "unknown")
        #expect(try mirror.sync().exitCode == 0)
        #expect(try mirror.filenames("demo").count == 1)
        #expect(!mirror.hasPage(of: "never-here"))
        #expect(try mirror.run("gc", "--grace", "0").exitCode == 0)
        #expect(try mirror.verify().exitCode == 0)
    }
}

extension TestMirror {
    /// Whether readers see a page of a project.
    fileprivate func hasPage(of name: String) -> Bool {
        FileManager.default.fileExists(atPath: root.appending("web/simple/\(name)/index.html").string)
    }
}
