import Foundation
import SystemPackage
import TestSupport
import Testing

/// Projects whose upstream is another one than before.
@Suite("Projects that come from elsewhere than before") struct MovedProjectTests {
    private let company = ScriptedUpstream()
    private let index = ScriptedUpstream()

    private func upstreams(_ claims: [String]) -> [NamedUpstream] {
        [
            NamedUpstream(name: "company", url: company.url, projects: claims),
            NamedUpstream(name: "public", url: index.url),
        ]
    }

    private func sized(_ name: String, _ versions: [String], serial: Int) throws -> ScriptedProject {
        try ScriptedProject(name, versions: versions).stating(serial: serial)
    }

    @Test("Serials and validators of the former upstream mean nothing; what the new one does not list leaves")
    func moved() throws {
        index.publish([try sized("moving", ["1.0", "2.0"], serial: 900), try sized("staying", ["1.0"], serial: 901)])
        company.publish([try sized("moving", ["2.0", "3.0"], serial: 4), try sized("own", ["1.0"], serial: 3)])
        for selection in [[], ["moving", "staying", "own"]] {
            let mirror = try TestMirror(of: upstreams(["own"]), projects: selection)
            #expect(try mirror.sync().exitCode == 0)
            #expect(try mirror.filenames("moving").count == 2)
            try mirror.setUpstreams(upstreams(["own", "moving"]), selectingAll: selection.isEmpty)
            let before = company.requests.count
            let dry = try mirror.sync("--dry-run")
            #expect(dry.report.int("files.withdrawn") == 1, "\(dry)")
            let sync = try mirror.sync()
            #expect(sync.exitCode == 0, "\(sync)")
            let wheels = ["moving-2.0-py3-none-any.whl", "moving-3.0-py3-none-any.whl"]
            #expect(try mirror.filenames("moving") == wheels)
            #expect(sync.report.int("files.downloaded") == 1)
            #expect(sync.report.int("files.withdrawn") == 1)
            let asked = company.requests.dropFirst(before).filter { $0.path == "/simple/moving/" }
            #expect(asked.count == 2 && asked.allSatisfy { $0.header("If-None-Match") == nil })
            let quiet = try mirror.sync()
            #expect(quiet.exitCode == 0, "\(quiet)")
            #expect(quiet.report.int("projects.changed") == 0)
            #expect(quiet.report.int("files.withdrawn") == 0)
            #expect(try mirror.verify().exitCode == 0)
        }
    }

    @Test("The owner's change is no matter of the guard, unless the new upstream has no page at all")
    func guardCounts() throws {
        let projects: [ScriptedProject] = try .good(30)
        index.publish(projects)
        company.publish([projects[0]])
        let mirror = try TestMirror(of: upstreams(["own"]), projects: projects.map(\.name))
        #expect(try mirror.sync().exitCode == 0)
        company.remove("/simple/good-00/")
        try mirror.setUpstreams(upstreams(["good-*"]), selectingAll: false)
        let empty = try mirror.sync()
        #expect(empty.exitCode == 3, "\(empty)")
        #expect(try mirror.listedProjects().count == 30)
        #expect(empty.report.failures.count == 30)
        company.publish(projects[0])
        let sync = try mirror.sync()
        #expect(sync.exitCode == 0, "\(sync)")
        #expect(sync.report.int("projects.removed") == 29)
        #expect(try mirror.listedProjects() == ["good-00"])
    }

    @Test("Files beyond the guard leave when their project moves, and come back with it")
    func manyFiles() throws {
        let versions = (0..<130).map { "1.\($0)" }
        index.publish([try sized("moving", versions, serial: 7)])
        company.publish([try sized("moving", ["1.0"], serial: 1)])
        let mirror = try TestMirror(of: upstreams(["own"]), projects: ["moving"])
        #expect(try mirror.sync().exitCode == 0)
        try mirror.setUpstreams(upstreams(["moving"]), selectingAll: false)
        let sync = try mirror.sync()
        #expect(sync.exitCode == 0, "\(sync)")
        #expect(try mirror.filenames("moving").count == 1)
        try mirror.setUpstreams(upstreams(["own"]), selectingAll: false)
        let back = try mirror.sync()
        #expect(back.exitCode == 0, "\(back)")
        #expect(try mirror.filenames("moving").count == 130)
        #expect(back.report.int("files.downloaded") == 0)
    }

    @Test("Another digest for a known filename is refused from a new upstream too")
    func changedDigest() throws {
        var other = try ScriptedProject("moving")
        index.publish([other])
        let wheel = try ScriptedProject("moved").files[0]
        other.files[0].bytes = wheel.bytes
        other.files[0].metadata = nil
        other.files[0].claimedDigest = wheel.claimedDigest
        company.publish([other])
        let mirror = try TestMirror(of: upstreams(["own"]), projects: ["moving"])
        #expect(try mirror.sync().exitCode == 0)
        let before = try mirror.page("moving").objects("files").first?.text("hashes.sha256")
        try mirror.setUpstreams(upstreams(["moving"]), selectingAll: false)
        let sync = try mirror.sync()
        #expect(sync.exitCode == 3, "\(sync)")
        #expect(sync.report.failures(of: "moving").first?.text("reason")?.contains("changed the digest") ?? false)
        #expect(try mirror.page("moving").objects("files").first?.text("hashes.sha256") == before)
    }

    @Test("A state that names no upstreams is that of the only one")
    func formerState() throws {
        index.publish([try sized("staying", ["1.0"], serial: 900)])
        let mirror = try TestMirror(of: index.url)
        #expect(try mirror.sync().exitCode == 0)
        let state = mirror.root.appending("state.json").string
        try "{\"generation\":1,\"highestSerial\":900}\n".write(toFile: state, atomically: true, encoding: .utf8)
        index.list([try sized("staying", ["1.0"], serial: 800)])
        let sync = try mirror.sync()
        #expect(sync.exitCode == 3, "\(sync)")
        #expect(sync.report.failures.first?.text("reason")?.contains("went back from 900 to 800") ?? false)
    }

    @Test("A page that lists nothing may be a wrong URL, and what it would take off is the guard's matter")
    func emptyPages() throws {
        let versions = (0..<130).map { "1.\($0)" }
        index.publish([try sized("moving", versions, serial: 7)])
        company.publish([try sized("moving", [], serial: 1)])
        let mirror = try TestMirror(of: upstreams(["own"]), projects: ["moving"])
        #expect(try mirror.sync().exitCode == 0)
        try mirror.setUpstreams(upstreams(["moving"]), selectingAll: false)
        let kept = try mirror.sync()
        #expect(kept.exitCode == 3, "\(kept)")
        #expect(try mirror.filenames("moving").count == 130)
        let accepted = try mirror.sync("--accept-removals")
        #expect(accepted.exitCode == 0, "\(accepted)")
        #expect(try mirror.filenames("moving") == [])
    }

    @Test("A mirror that follows this one follows it too when a project moves to where serials are lower")
    func followed() throws {
        index.publish([try sized("moving", ["1.0"], serial: 900), try sized("other", ["1.0"], serial: 7)])
        company.publish([try sized("moving", ["1.0", "2.0"], serial: 4), try sized("other", ["1.0"], serial: 7)])
        let mirror = try TestMirror(of: index.url)
        #expect(try mirror.sync().exitCode == 0)
        let follower = try TestMirror(of: "file://\(mirror.root)/web/simple/")
        #expect(try follower.sync().exitCode == 0)
        try mirror.configure("url", "\"\(company.url)\"")
        for (versions, serial) in [(["1.0", "2.0"], 901), (["2.0"], 902)] {
            company.publish([try sized("moving", versions, serial: 4 + serial - 901)])
            company.list([
                try sized("moving", versions, serial: 4 + serial - 901), try sized("other", ["1.0"], serial: 7),
            ])
            #expect(try mirror.sync().exitCode == 0)
            #expect(try mirror.page("moving").int("meta._last-serial") == serial)
            #expect(try mirror.verify().exitCode == 0)
            let result = try follower.sync()
            #expect(result.exitCode == 0, "\(result)")
            #expect(try follower.treeDigest == mirror.treeDigest)
        }
        #expect(try mirror.run("rebuild").exitCode == 0)
        #expect(try mirror.verify().exitCode == 0)
        #expect(try mirror.sync().exitCode == 0)
        #expect(try mirror.page("moving").int("meta._last-serial") == 902)
    }

    @Test("One upstream whose URL was edited is another one")
    func editedURL() throws {
        index.publish([try sized("moving", ["1.0", "2.0"], serial: 900)])
        company.publish([try sized("moving", ["2.0"], serial: 4)])
        let mirror = try TestMirror(of: index.url)
        #expect(try mirror.sync().exitCode == 0)
        try mirror.configure("url", "\"\(company.url)\"")
        let sync = try mirror.sync()
        #expect(sync.exitCode == 0, "\(sync)")
        #expect(try mirror.filenames("moving") == ["moving-2.0-py3-none-any.whl"])
        #expect(company.requests.allSatisfy { $0.header("If-None-Match") == nil })
        // Serials of its own from here on.
        company.list([try sized("moving", ["2.0"], serial: 3)])
        let back = try mirror.sync()
        #expect(back.exitCode == 3, "\(back)")
        #expect(back.report.failures.first?.text("reason")?.contains("went back from 4 to 3") ?? false)
    }
}
