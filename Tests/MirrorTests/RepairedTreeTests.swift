import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

/// Records, links and pages are made anew to what they were.
@Suite("Repair of records and publications") struct RepairedTreeTests {
    private let upstream = ScriptedUpstream()
    private let mirror: TestMirror

    init() throws {
        mirror = try .ofGoodProjects(from: upstream)
    }

    private func wheel(_ number: Int) -> String { "good_0\(number)-1.0-py3-none-any.whl" }

    /// Repairs, and expects that everything is whole afterwards and says the same as before.
    private func expectRepaired(_ arguments: String..., digest: String?) throws {
        let result = try Larder.run(["verify", "--repair", "--json", "--root", mirror.root.string] + arguments)
        #expect(result.exitCode == 8, "\(result)")
        #expect(result.report.objects("findings").allSatisfy { $0.text("outcome") == "repaired" }, "\(result)")
        #expect(try mirror.treeDigest == digest)
        let next = try mirror.verify()
        #expect(next.exitCode == 0, "\(next)")
    }

    @Test("Records that are damaged or gone, without downloading files again") func records() throws {
        let digest = try mirror.treeDigest
        try rewrite(try mirror.record(of: "good-01")) { $0.replace("good_01".utf8, with: "good_02".utf8) }
        try FileManager.default.removeItem(atPath: try mirror.record(of: "good-02").string)
        let files = upstream.requestedPaths.count { $0.hasPrefix("/files/") }
        try expectRepaired("--index", digest: digest)
        #expect(upstream.requestedPaths.count { $0.hasPrefix("/files/") } == files)
        #expect(try mirror.quarantined.count == 1)
        let story = try #require(try mirror.stories.first)
        #expect(story.text("class") == "record-corrupt")
        #expect(story.text("project") == "good-01")
    }

    @Test("A record stays as it is, and the project published, while upstream does not answer")
    func recordWithoutUpstream() throws {
        let path = try mirror.record(of: "good-01")
        try rewrite(path) { $0.replace("good_01".utf8, with: "good_02".utf8) }
        let bytes = try Data(contentsOf: URL(fileURLWithPath: path.string))
        upstream.set("/simple/good-01/", .failing("503 Down"))
        let result = try mirror.verify("--repair", "--index")
        #expect(result.exitCode == 1, "\(result)")
        #expect(result.report.objects("findings").map { $0.text("outcome") } == ["left"])
        #expect(try Data(contentsOf: URL(fileURLWithPath: path.string)) == bytes)
        #expect(try mirror.filenames("good-01") == [wheel(1)])
        upstream.publish(try .good(8))
        #expect(try mirror.verify("--repair", "--index").exitCode == 8)
        #expect(try mirror.verify().exitCode == 0)
    }

    @Test("A damaged object whose record is damaged as well") func recordAndObject() throws {
        let digest = try mirror.treeDigest
        let good = try mirror.objectBytes()
        try rewrite(try mirror.object(of: wheel(1), in: "good-01")) { $0[0] ^= 1 }
        try FileManager.default.removeItem(atPath: try mirror.object(of: wheel(2), in: "good-02").string)
        for number in 1...2 { try rewrite(try mirror.record(of: "good-0\(number)")) { $0.removeLast(3) } }
        try expectRepaired("--index", "--quick", "--content", digest: digest)
        #expect(try mirror.objectBytes() == good)
    }

    @Test("Links and pages") func publication() throws {
        let digest = try mirror.treeDigest
        let web = mirror.root.appending("web")
        let before = try mirror.contents("simple/good-03/index.html")
        try FileManager.default.removeItem(atPath: try mirror.link(of: wheel(1)).string)
        let link = try mirror.link(of: wheel(2)).string
        let target = try FileManager.default.destinationOfSymbolicLink(atPath: link)
        try FileManager.default.removeItem(atPath: link)
        try FileManager.default.createSymbolicLink(
            atPath: link,
            withDestinationPath: String(target.dropLast(4)) + "0000"
        )
        try rewrite(web.appending("simple/good-03/index.html")) { $0 += Array("<!-- -->".utf8) }
        try FileManager.default.removeItem(atPath: web.appending("simple/good-04/index.v1_json").string)
        let page = web.appending("simple/good-05").string
        try FileManager.default.removeItem(atPath: page)
        try FileManager.default.createSymbolicLink(atPath: page, withDestinationPath: "../../../views/nowhere")
        try FileManager.default.removeItem(atPath: web.appending("simple/good-06").string)
        try expectRepaired("--publication", digest: digest)
        #expect(try mirror.contents("simple/good-03/index.html") == before)
        // The tree that readers see next is whole as well.
        try expectNextTreeIsWhole()
    }

    @Test("Links to another project's page, or gone, are not what readers can be taken back to") func wrongLinks()
        throws
    {
        let digest = try mirror.treeDigest
        let simple = mirror.root.appending("web/simple")
        let pages = try ["good-01", "good-02"].map { try mirror.contents("simple/\($0)/index.v1_json") }
        let other = try FileManager.default.destinationOfSymbolicLink(atPath: simple.appending("good-03").string)
        try FileManager.default.removeItem(atPath: simple.appending("good-01").string)
        try FileManager.default.createSymbolicLink(
            atPath: simple.appending("good-01").string,
            withDestinationPath: other
        )
        try FileManager.default.removeItem(atPath: simple.appending("good-02").string)
        try expectRepaired(digest: digest)
        let back = try mirror.run("rollback", "1", "--json")
        #expect(back.exitCode == 0, "\(back)")
        #expect(try mirror.treeDigest == digest)
        #expect(try ["good-01", "good-02"].map { try mirror.contents("simple/\($0)/index.v1_json") } == pages)
        let held = try mirror.verify()
        #expect(held.exitCode == 0, "\(held)")
    }

    /// Has the other slot become live by a change upstream, and expects it to be whole.
    private func expectNextTreeIsWhole() throws {
        var changed: [ScriptedProject] = try .good(8)
        changed[7] = try ScriptedProject("good-07", versions: ["1.0", "1.1"])
        changed[7].serial = 2
        upstream.publish(changed)
        #expect(try mirror.sync().exitCode == 0)
        let next = try mirror.verify()
        #expect(next.exitCode == 0, "\(next)")
    }

    @Test("A page that was repaired is newer than the damaged one") func pageTimes() throws {
        let path = mirror.root.appending("web/simple/good-03/index.v1_json").string
        let before = try #require(
            try FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date
        )
        try rewrite(FilePath(path)) { $0.removeLast() }
        try FileManager.default.setAttributes([.modificationDate: before], ofItemAtPath: path)
        try expectRepaired("--publication", digest: try mirror.treeDigest)
        let after = try #require(
            try FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date
        )
        #expect(after > before)
    }

    @Test("Links of the slot that is not live, before a publication shows them") func standby() throws {
        var changed: [ScriptedProject] = try .good(8)
        changed[7] = try ScriptedProject("good-07", versions: ["1.0", "1.1"])
        changed[7].serial = 2
        upstream.publish(changed)
        // Twice, so that both slots are there and nothing waits.
        #expect(try mirror.sync().exitCode == 0)
        let digest = try mirror.treeDigest
        let web = try FileManager.default.destinationOfSymbolicLink(atPath: mirror.root.appending("web").string)
        let standby = mirror.root.appending(web == "slots/a" ? "slots/b/simple" : "slots/a/simple")
        try FileManager.default.removeItem(atPath: standby.appending("good-01").string)
        let wrong = standby.appending("good-02").string
        let other = try FileManager.default.destinationOfSymbolicLink(atPath: standby.appending("good-03").string)
        try FileManager.default.removeItem(atPath: wrong)
        try FileManager.default.createSymbolicLink(atPath: wrong, withDestinationPath: other)
        try expectRepaired("--publication", digest: digest)
        for link in ["packages", "status.json"] {
            let path = standby.removingLastComponent().appending(link).string
            try FileManager.default.removeItem(atPath: path)
            try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "../../elsewhere")
        }
        changed[7] = try ScriptedProject("good-07", versions: ["1.0", "1.2"])
        changed[7].serial = 3
        for _ in 0..<2 {
            upstream.publish(changed)
            #expect(try mirror.sync("--accept-removals").exitCode == 0)
            let next = try mirror.verify("--publication")
            #expect(next.exitCode == 0, "\(next)")
            changed[7] = try ScriptedProject("good-07", versions: ["1.0", "1.2", "1.3"])
            changed[7].serial = 4
        }
    }

    @Test("A state that is damaged or gone", arguments: ["", "{\"generation\":1", nil]) func state(text: String?) throws
    {
        let path = mirror.root.appending("state.json").string
        try FileManager.default.removeItem(atPath: path)
        if let text { try Data(text.utf8).write(to: URL(fileURLWithPath: path)) }
        let found = try mirror.verify("--publication")
        #expect(found.exitCode == 2, "\(found)")
        #expect(found.report.objects("findings").map { $0.text("path") } == ["state.json"])
        try expectRepaired("--publication", digest: try mirror.treeDigest)
        let state = try String(contentsOf: URL(fileURLWithPath: path), encoding: .utf8)
        // No number is given twice.
        #expect(state.contains("\"generation\":2"), "\(state)")
        #expect(try mirror.sync().exitCode == 0)
    }

    @Test("A state in which one digit is another one") func changedState() throws {
        let url = URL(fileURLWithPath: mirror.root.appending("state.json").string)
        let original = try String(contentsOf: url, encoding: .utf8)
        for change in [
            ("\"generation\":", "\"generation\":9"), ("Serial\":", "Serial\":9"), ("\"sha256\"", "\"sha257\""),
        ] {
            let text = original.replacingOccurrences(of: change.0, with: change.1)
            try #require(text != original)
            try Data(text.utf8).write(to: url)
            let found = try mirror.verify("--publication")
            #expect(found.exitCode == 2, "\(change): \(found)")
            #expect(found.report.objects("findings").map { $0.text("path") } == ["state.json"])
            try expectRepaired("--publication", digest: try mirror.treeDigest)
            #expect(try mirror.sync().exitCode == 0)
        }
    }

    @Test("The link that is the document root, when it is gone") func lostDocumentRoot() throws {
        let digest = try mirror.treeDigest
        try FileManager.default.removeItem(atPath: mirror.root.appending("web").string)
        let found = try mirror.verify("--publication")
        #expect(found.report.objects("findings").map { $0.text("path") } == ["web"], "\(found)")
        try expectRepaired("--publication", digest: digest)
    }

    @Test("The link that is the document root") func documentRoot() throws {
        let digest = try mirror.treeDigest
        let web = mirror.root.appending("web").string
        try FileManager.default.removeItem(atPath: web)
        try FileManager.default.createSymbolicLink(atPath: web, withDestinationPath: "slots/nowhere")
        try expectRepaired("--publication", digest: digest)
        #expect(try mirror.listedProjects().count == 8)
    }

    /// Puts a file, or a folder with a file in it, where something was.
    private func replace(_ path: FilePath, byFolder isFolder: Bool) throws {
        try FileManager.default.removeItem(atPath: path.string)
        let file = isFolder ? path.appending("notes") : path
        try FileManager.default.createDirectory(
            atPath: file.removingLastComponent().string,
            withIntermediateDirectories: true
        )
        try Data("somebody's".utf8).write(to: URL(fileURLWithPath: file.string))
    }

    @Test("What has the name of a link and is none is named so, and kept", arguments: [true, false])
    func noLinks(isFolder: Bool) throws {
        var changed: [ScriptedProject] = try .good(8)
        changed[7] = try ScriptedProject("good-07", versions: ["1.0", "1.1"])
        changed[7].serial = 2
        upstream.publish(changed)
        #expect(try mirror.sync().exitCode == 0)
        let digest = try mirror.treeDigest
        let live = try FileManager.default.destinationOfSymbolicLink(atPath: mirror.root.appending("web").string)
        let (slot, standby) = (mirror.root.pushing(FilePath(live)), live == "slots/a" ? "slots/b" : "slots/a")
        let links = [
            try mirror.link(of: wheel(1)), slot.appending("simple/good-02"), slot.appending("packages"),
            mirror.root.pushing(FilePath("\(standby)/simple/good-03")), mirror.root.appending("web"),
        ]
        for (number, link) in links.enumerated() {
            try replace(link, byFolder: isFolder)
            let found = try mirror.verify("--publication")
            #expect(found.exitCode == 2, "\(link): \(found)")
            let findings = found.report.objects("findings")
            #expect(Set(findings.map { $0.text("class") }) == ["publication-dangling"], "\(link): \(found)")
            #expect(findings.contains { $0.text("detail")?.contains("no link") == true }, "\(link): \(found)")
            try expectRepaired("--publication", digest: digest)
            // What was in the way is here after the next command as well.
            #expect(try mirror.sync().exitCode == 0)
            let names = try mirror.quarantined
            #expect(names.count == number + 1, "\(link): \(names)")
            #expect(try mirror.stories.contains { $0.text("path") == relative(link) }, "\(link)")
            for name in names {
                let kept = mirror.root.appending("quarantine").appending(name)
                let file = isFolder ? kept.appending("notes") : kept
                #expect(try String(contentsOfFile: file.string, encoding: .utf8) == "somebody's")
            }
        }
    }

    private func relative(_ path: FilePath) -> String {
        String(path.string.dropFirst(mirror.root.string.utf8.count + 1))
    }

    @Test("A file in the place of a package link holds up no other project") func blockedLink() throws {
        try replace(try mirror.link(of: wheel(1)), byFolder: false)
        // Its view is rendered again, and so is that of another one.
        upstream.publish(
            try .good(8)
                .map { project in
                    guard ["good-01", "good-02"].contains(project.name) else { return project }
                    var project = try ScriptedProject(project.name, versions: ["1.0", "1.1"])
                    project.serial = 2
                    return project
                }
        )
        let sync = try mirror.sync()
        #expect(sync.exitCode == 3, "\(sync)")
        #expect(sync.report.failures.map { $0.text("project") } == ["good-01"], "\(sync)")
        #expect(sync.report.failures.first?.text("reason")?.contains("is no link") == true, "\(sync)")
        #expect(try mirror.filenames("good-02").count == 2)
        let repair = try mirror.verify("--repair")
        #expect(repair.exitCode == 8, "\(repair)")
        #expect(try mirror.filenames("good-01").count == 2)
        #expect(try mirror.verify().exitCode == 0)
    }

    @Test("What nobody published is no repaired project, and does not stay", arguments: ["Good-00", "@x"])
    func strangers(name: String) throws {
        let digest = try mirror.treeDigest
        for slot in ["a", "b"] {
            let simple = mirror.root.appending("slots/\(slot)/simple")
            guard FileManager.default.fileExists(atPath: simple.string) else { continue }
            try FileManager.default.createSymbolicLink(
                atPath: simple.appending(name).string,
                withDestinationPath: "good-01"
            )
        }
        try expectRepaired("--publication", digest: digest)
        #expect(throws: (any Error).self) {
            try FileManager.default.destinationOfSymbolicLink(
                atPath: mirror.root.appending("web/simple/\(name)").string
            )
        }
        // Nor is it back with the slot that is live next.
        try expectNextTreeIsWhole()
    }

    @Test("What a publication does not mend is left, whatever it is") func notMended() throws {
        // A project that cannot be rendered keeps what is published.
        try FileManager.default.removeItem(atPath: mirror.root.appending("web/simple/good-03").string)
        try rewrite(try mirror.record(of: "good-03")) { $0.replace("good_03".utf8, with: "good_04".utf8) }
        upstream.set("/simple/good-03/", .failing("503 Down"))
        let result = try mirror.verify("--repair", "--publication")
        #expect(result.exitCode ?? 0 & 2 == 2, "\(result)")
        let finding = result.report.objects("findings").first { $0.text("class") == "publication-dangling" }
        #expect(finding?.text("outcome") == "left", "\(result)")
    }

    @Test("A package link that leads nowhere and that no page needs") func stray() throws {
        let digest = try mirror.treeDigest
        let hex = String(repeating: "0123456789abcdef", count: 4)
        try mirror.folder.write("mirror/packages/01/23/\(hex.dropFirst(4))/.keep", "")
        let folder = mirror.root.appending("packages/01/23/\(hex.dropFirst(4))")
        try FileManager.default.removeItem(atPath: folder.appending(".keep").string)
        try FileManager.default.createSymbolicLink(
            atPath: folder.appending("old-1.0.tar.gz").string,
            withDestinationPath: "../../../../objects/01/23/\(hex)"
        )
        try expectRepaired("--publication", digest: digest)
    }

    @Test("What is no damage of these kinds is left, and says what helps") func left() throws {
        let hex = String(repeating: "0123456789abcdef", count: 4)
        try mirror.folder.write("mirror/objects/01/23/\(hex)", "nobody's")
        let result = try mirror.verify("--repair")
        #expect(result.exitCode == 2, "\(result)")
        let finding = try #require(result.report.objects("findings").first)
        #expect(finding.text("outcome") == "left")
        #expect(finding.text("repair")?.contains("gc") == true)
        #expect(FileManager.default.fileExists(atPath: mirror.root.appending("objects/01/23/\(hex)").string))
    }
}
