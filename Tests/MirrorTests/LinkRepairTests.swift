import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

/// Damage of published names that are files, and of the objects behind them: found under its name, and mended.
@Suite("Repair of package names") struct LinkRepairTests {
    private let upstream = ScriptedUpstream()

    private func made(_ mode: LinkMode) throws -> TestMirror {
        upstream.publish(try .good(8))
        let mirror = try TestMirror(
            of: upstream.url,
            configuration: ["retries": "0", "link": "\"\(mode.rawValue)\""]
        )
        let sync = try mirror.sync()
        try #require(sync.exitCode == 0, "\(sync)")
        return mirror
    }

    private func wheel(_ number: Int) -> String { "good_0\(number)-1.0-py3-none-any.whl" }

    private func takeUpstreamAway() {
        for number in 0..<8 {
            upstream.remove("/files/\(wheel(number))")
            upstream.remove("/files/\(wheel(number)).metadata")
        }
    }

    private func classes(_ result: CommandResult) -> [String: String] {
        var classes: [String: String] = [:]
        for finding in result.report.objects("findings") {
            let file = finding.text("path")?.split(separator: "/").last.map(String.init) ?? ""
            classes[file] = finding.text("class")
        }
        return classes
    }

    @Test("Every damage of a copy is found as what it is, and its object is not touched") func copies() throws {
        let mirror = try made(.copy)
        let objects = try FileTree(mirror.root.appending("objects"))
        try rewrite(try mirror.link(of: wheel(0))) { $0[9] ^= 1 }
        try rewrite(try mirror.link(of: wheel(1))) { $0.removeLast() }
        try rewrite(try mirror.link(of: wheel(2))) { $0.append(0) }
        try #require(chmod(try mirror.link(of: wheel(3)).string, 0o644) == 0)
        try FileManager.default.removeItem(atPath: try mirror.link(of: wheel(4)).string)
        try rewrite(try mirror.link(of: wheel(5) + ".metadata")) { $0[0] ^= 1 }
        let publication = try mirror.verify("--publication")
        #expect(publication.exitCode == 3, "\(publication)")
        let known = [
            wheel(1): "short", wheel(2): "long", wheel(3): "bad-mode", wheel(4): "publication-dangling",
        ]
        #expect(classes(publication) == known, "\(publication)")
        let content = try mirror.verify("--content")
        #expect(content.exitCode == 1)
        let hashed = [
            wheel(0): "digest-mismatch", wheel(1): "short", wheel(2): "long", wheel(5) + ".metadata": "digest-mismatch",
        ]
        #expect(classes(content) == hashed, "\(content)")
        let plan = try mirror.verify("--repair", "--dry-run")
        #expect(plan.report.objects("findings").allSatisfy { $0.text("outcome") == "left" && $0.has("repair") })
        takeUpstreamAway()
        let repair = try mirror.verify("--repair")
        #expect(repair.exitCode == 8, "\(repair)")
        #expect(repair.report.objects("findings").allSatisfy { $0.text("outcome") == "repaired" }, "\(repair)")
        #expect(try FileTree(mirror.root.appending("objects")) == objects)
        try mirror.expectOrder(.copy)
        #expect(try mirror.linkModes() == [.copy: 16])
        // The bytes of the four that were wrong, with what is known of them.
        #expect(try mirror.quarantined.count == 4)
        let stories = try mirror.stories
        #expect(stories.count == 4 && stories.allSatisfy { $0.text("path")?.hasPrefix("packages/") == true })
        #expect(try mirror.sync().exitCode == 0)
        #expect(try mirror.verify().exitCode == 0)
    }

    @Test("A damaged object is had from its copy, before anybody is asked") func fromCopy() throws {
        let mirror = try made(.copy)
        let good = try mirror.objectBytes()
        let names = try FileTree(mirror.root.appending("packages"))
        takeUpstreamAway()
        try rewrite(try mirror.object(of: wheel(0), in: "good-00")) { $0[9] ^= 1 }
        try FileManager.default.removeItem(atPath: try mirror.object(of: wheel(1), in: "good-01").string)
        let repair = try mirror.verify("--repair")
        #expect(repair.exitCode == 8, "\(repair)")
        let findings = repair.report.objects("findings")
        #expect(findings.allSatisfy { $0.text("repair")?.contains("replaced by the bytes of packages/") == true })
        #expect(try mirror.objectBytes() == good)
        #expect(try FileTree(mirror.root.appending("packages")) == names)
        try mirror.expectOrder(.copy)
    }

    @Test("A copy that is damaged with its object is mended with it") func both() throws {
        let mirror = try made(.copy)
        let good = try mirror.objectBytes()
        try rewrite(try mirror.object(of: wheel(0), in: "good-00")) { $0[9] ^= 1 }
        try rewrite(try mirror.link(of: wheel(0))) { $0[10] ^= 1 }
        let repair = try mirror.verify("--repair")
        #expect(repair.exitCode == 8, "\(repair)")
        #expect(try mirror.objectBytes() == good)
        try mirror.expectOrder(.copy)
        #expect(try mirror.quarantined.count == 2)
    }

    @Test("A hard link shows the good bytes again as soon as its object has them") func hardLinks() throws {
        let mirror = try made(.hardlink)
        let good = try mirror.objectBytes()
        // In place, so that both names have the wrong bytes.
        try rewrite(try mirror.object(of: wheel(0), in: "good-00")) { $0[9] ^= 1 }
        try rewrite(try mirror.object(of: wheel(1), in: "good-01")) { $0.removeLast() }
        // Another file under the object's name, and none.
        let third = try mirror.object(of: wheel(2), in: "good-02")
        let bytes = try Data(contentsOf: URL(fileURLWithPath: third.string))
        try FileManager.default.removeItem(atPath: third.string)
        try bytes.write(to: URL(fileURLWithPath: third.string))
        try #require(chmod(third.string, 0o444) == 0)
        try FileManager.default.removeItem(atPath: try mirror.object(of: wheel(3), in: "good-03").string)
        let found = try mirror.verify()
        #expect(found.exitCode == 3, "\(found)")
        #expect(classes(found)[wheel(2)] == "publication-dangling", "\(found)")
        let repair = try mirror.verify("--repair")
        #expect(repair.exitCode == 8, "\(repair)")
        #expect(try mirror.objectBytes() == good)
        try mirror.expectOrder(.hardlink)
        #expect(try mirror.linkModes() == [.hardlink: 16])
    }

    @Test("An object that is gone is had from its hard link") func fromHardLink() throws {
        let mirror = try made(.hardlink)
        let good = try mirror.objectBytes()
        takeUpstreamAway()
        try FileManager.default.removeItem(atPath: try mirror.object(of: wheel(3), in: "good-03").string)
        let repair = try mirror.verify("--repair")
        #expect(repair.exitCode == 8, "\(repair)")
        #expect(try mirror.objectBytes() == good)
        try mirror.expectOrder(.hardlink)
    }

    @Test("What nobody has is to be had no more, and comes back with a sync", arguments: LinkMode.allCases)
    func withdrawn(mode: LinkMode) throws {
        let mirror = try made(mode)
        let digest = try mirror.treeDigest
        let name = try mirror.link(of: wheel(0))
        takeUpstreamAway()
        try rewrite(try mirror.object(of: wheel(0), in: "good-00")) { $0[9] ^= 1 }
        if mode == .copy { try rewrite(name) { $0[10] ^= 1 } }
        let repair = try mirror.verify("--repair")
        #expect(repair.exitCode == 1, "\(repair)")
        #expect(!FileManager.default.fileExists(atPath: name.string))
        #expect(try mirror.filenames("good-00") == [])
        let verification = try mirror.verify()
        #expect(Set(verification.report.objects("findings").map { $0.text("class") }) == ["missing"], "\(verification)")
        upstream.publish(try .good(8))
        let sync = try mirror.sync()
        #expect(sync.exitCode == 0, "\(sync)")
        #expect(try mirror.treeDigest == digest)
        try mirror.expectOrder(mode)
    }

    @Test("A record and its object are made anew, and so is the name", arguments: LinkMode.allCases)
    func withRecord(mode: LinkMode) throws {
        let mirror = try made(mode)
        let good = try mirror.objectBytes()
        try rewrite(try mirror.object(of: wheel(0), in: "good-00")) { $0[9] ^= 1 }
        try rewrite(try mirror.record(of: "good-00")) { $0.removeLast(5) }
        let repair = try mirror.verify("--repair")
        #expect(repair.exitCode == 8, "\(repair)")
        #expect(try mirror.objectBytes() == good)
        try mirror.expectOrder(mode)
    }

    @Test("A name of another kind than the others is told and made one of them", arguments: LinkMode.allCases)
    func otherKind(mode: LinkMode) throws {
        let mirror = try made(mode)
        for (number, other) in mode.others.enumerated() {
            let name = try mirror.link(of: wheel(number))
            let object = try mirror.object(of: wheel(number), in: "good-0\(number)")
            try FileManager.default.removeItem(atPath: name.string)
            switch other {
            case .symlink:
                try #require(Glibc.symlink("../../../../\(relative(object, to: mirror.root))", name.string) == 0)
            case .hardlink: try #require(Glibc.link(object.string, name.string) == 0)
            case .copy: try object.copy(to: name)
            }
            #expect(try mirror.linkMode(of: name) == other)
        }
        let found = try mirror.verify("--publication")
        #expect(found.exitCode == 2, "\(found)")
        let findings = found.report.objects("findings")
        #expect(findings.count == 2 && findings.allSatisfy { $0.text("class") == "publication-dangling" }, "\(found)")
        let repair = try mirror.verify("--repair")
        #expect(repair.exitCode == 8, "\(repair)")
        try mirror.expectOrder(mode)
        #expect(try mirror.linkModes() == [mode: 16])
    }

    private func relative(_ path: FilePath, to root: FilePath) -> String {
        var path = path.lexicallyNormalized()
        _ = path.removePrefix(root)
        return path.string
    }

    @Test(
        "A file of nobody's at the place of a name is kept, and never taken for one",
        arguments: [LinkMode.hardlink, .copy]
    )
    func inTheWay(mode: LinkMode) throws {
        let mirror = try made(mode)
        let name = mirror.root.appending("packages/00/00").appending(String(repeating: "0", count: 60))
        try FileManager.default.createDirectory(atPath: name.string, withIntermediateDirectories: true)
        try Data("mine".utf8).write(to: URL(fileURLWithPath: name.appending("mine.txt").string))
        #expect(try mirror.run("gc", "--grace", "0").exitCode == 0)
        #expect(FileManager.default.fileExists(atPath: name.appending("mine.txt").string))
        let found = try mirror.verify("--publication")
        #expect(found.exitCode == 2 && classes(found) == ["mine.txt": "publication-dangling"], "\(found)")
        #expect(try mirror.verify("--repair").exitCode == 8)
        #expect(!FileManager.default.fileExists(atPath: name.appending("mine.txt").string))
        #expect(try mirror.quarantined.count == 1)
        try mirror.expectOrder(mode)
    }
}
