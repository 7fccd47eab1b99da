import DemoUpstream
import Foundation
import SystemPackage
import TestSupport
import Testing

/// Mirrors of mirrors: the same state gives the same digest (I17), and a mirror that nothing changed in costs the next
/// one a single request.
@Suite("Chained mirrors") struct ChainTests {
    @Test("A mirror behind nginx is an upstream", .enabled(if: NginxServer.program != nil, "nginx is not installed"))
    func served() throws {
        let demo = try DemoFixture()
        let first = try TestMirror(of: demo.upstream.simpleURL)
        try expectSynced(first)
        let server = try NginxServer.serving(first)
        let second = try TestMirror(of: server.url("/simple/"))
        try expectSynced(second)
        #expect(try second.treeDigest == first.treeDigest)
        let requests = try second.sync().report
        #expect(requests.int("requests.metadata") == 1 && requests.int("requests.notModified") == 1)
        try demo.upstream.apply(DemoUpstream.story)
        try expectSynced(first)
        try expectSynced(second)
        #expect(try second.filenames("demo-web").contains("demo_web-2.1.0-py3-none-any.whl"))
        #expect(try second.listedProjects() == first.listedProjects())
        #expect(try second.treeDigest == first.treeDigest)
    }

    @Test("A mirror's tree on disk is an upstream")
    func onDisk() throws {
        let demo = try DemoFixture()
        let first = try TestMirror(of: demo.upstream.simpleURL)
        try expectSynced(first)
        let second = try TestMirror(of: "file://\(first.root)/web/simple/")
        try expectSynced(second)
        #expect(try second.treeDigest == first.treeDigest)
    }

    /// The links of the chain between the second and the third mirror.
    enum Link: CaseIterable { case nginx, file }

    @Test(
        "Three in a row hold the same, whatever happens to the first",
        .enabled(if: NginxServer.program != nil, "nginx is not installed"),
        arguments: Link.allCases
    )
    func threeInARow(_ link: Link) throws {
        let upstream = ScriptedUpstream()
        var projects = try [ScriptedProject].good(6)
        upstream.publish(projects)
        let first = try TestMirror(of: upstream.url, configuration: ["removals": "\"100%\""])
        let firstServer = try NginxServer.serving(first)
        let second = try TestMirror(of: firstServer.url("/simple/"), configuration: ["removals": "\"100%\""])
        try expectSynced(first)
        try expectSynced(second)
        let secondServer = try NginxServer.serving(second)
        let url = link == .file ? "file://\(second.root)/web/simple/" : secondServer.url("/simple/")
        let third = try TestMirror(of: url, configuration: ["removals": "\"100%\""])
        let chain = [first, second, third]
        try expectEqual(chain, "at first")
        #expect(try third.sync().report.int("requests.metadata") == 1)

        projects[0] = try ScriptedProject("good-00", versions: ["1.0", "2.0"], kinds: [.wheel, .sdist]).stating(
            serial: 2
        )
        projects[1].files[0].isYanked = true
        projects[1].serial = 3
        projects[2].files[0].requiresPython = ">=3.9"
        projects[2].serial = 4
        upstream.publish(projects)
        try expectEqual(chain, "after a release, a yank and a limit")
        #expect(try third.filenames("good-00").count == 4)

        upstream.list(projects.dropLast())
        upstream.remove("/simple/good-05/")
        try expectEqual(chain, "after a removal")
        #expect(try third.filenames("good-05").isEmpty)

        // What the owner of a mirror changes moves no serial of its upstream.
        #expect(try first.run("block", "good-00==2.0", "good-03").exitCode == 0)
        try expectEqual(chain, "after a block")
        #expect(try third.filenames("good-00").count == 2)
        #expect(try third.filenames("good-03").isEmpty)
        #expect(try first.run("unblock", "good-00==2.0").exitCode == 0)
        try expectEqual(chain, "after the block of a release ended")
        #expect(try third.filenames("good-00").count == 4)
        // A page that loses all its files this way is meant, and not a broken index's.
        #expect(try first.run("block", "good-04==1.0").exitCode == 0)
        try expectEqual(chain, "after a block of all releases of a project")
        #expect(try third.filenames("good-04").isEmpty)
        try first.configure("kinds", "[\"sdist\"]")
        try expectEqual(chain, "after kinds of files were left out")
        #expect(try third.filenames("good-00").count == 2)
        #expect(try third.sync().report.int("requests.metadata") == 1)
        for mirror in chain { #expect(try mirror.verify().exitCode == 0) }
    }

    @Test("A page that is not the one of the list is looked at again by the next sync")
    func pageBesideList() throws {
        let demo = try DemoFixture()
        let first = try TestMirror(of: demo.upstream.simpleURL)
        try expectSynced(first)
        let second = try TestMirror(of: "file://\(first.root)/web/simple/")
        try expectSynced(second)
        // As a reader sees it who comes between two publications.
        let list = first.root.appending("web/simple/index.v1_json").string
        let text = try String(contentsOfFile: list, encoding: .utf8)
        let marker = try #require(text.range(of: "\"demo-web\""))
        let member = try #require(text.range(of: "_content-sha256\":\"", range: marker.upperBound..<text.endIndex))
        let digest = member.upperBound..<text.index(member.upperBound, offsetBy: 64)
        let other = text.replacingCharacters(in: digest, with: String(repeating: "ab", count: 32))
        try other.write(toFile: list, atomically: true, encoding: .utf8)
        for _ in 0..<2 {
            let report = try second.sync().report
            // The list, and the page once by condition and once without.
            #expect(report.int("requests.metadata") == 3)
            #expect(report.int("projects.unchanged") == report.int("projects.listed"))
        }
        try text.write(toFile: list, atomically: true, encoding: .utf8)
        try expectSynced(second)
        #expect(try second.sync().report.int("requests.metadata") == 1)
        #expect(try second.treeDigest == first.treeDigest)
    }

    private func expectSynced(_ mirror: TestMirror) throws {
        let result = try mirror.sync()
        #expect(result.exitCode == 0, "\(result)")
    }

    /// Syncs each mirror from the one before it.
    private func expectEqual(_ chain: [TestMirror], _ moment: Comment) throws {
        for mirror in chain {
            try expectSynced(mirror)
            #expect(try mirror.treeDigest == chain[0].treeDigest, moment)
            #expect(try mirror.listedProjects() == chain[0].listedProjects(), moment)
        }
    }
}
