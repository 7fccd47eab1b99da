import Foundation
import SystemPackage
import TestSupport
import Testing

/// A commit that ended after the records were in place and before the index knew them: the narrowest moment for a
/// crash, made by hand (I2, I3, I5).
@Suite("Commits that were cut off") struct CutCommitTests {
    private let upstream = ScriptedUpstream()

    /// A mirror of six projects whose index has not heard of a second release of four, nor of a seventh project.
    private func cutOff() throws -> TestMirror {
        let mirror = try TestMirror(of: upstream.url)
        upstream.publish(try .good(6))
        #expect(try mirror.sync().exitCode == 0)
        let index = mirror.root.appending("index")
        let kept = mirror.folder.path.appending("index")
        try index.copy(to: kept)
        upstream.publish(try changed())
        let second = try mirror.sync("--no-publish")
        #expect(second.exitCode == 0, "\(second)")
        index.removeAll()
        try kept.copy(to: index)
        return mirror
    }

    private func changed() throws -> [ScriptedProject] {
        var projects: [ScriptedProject] = try .good(7)
        for number in 0..<4 {
            projects[number] = try ScriptedProject("good-0\(number)", versions: ["1.0", "1.1"])
            projects[number].serial = 2
        }
        return projects
    }

    @Test("The next sync ends where an undisturbed one would") func recovered() throws {
        let mirror = try cutOff()
        #expect(try mirror.verify("--publication").exitCode == 0)
        // Publishing does not believe what the index does not know.
        #expect(try mirror.run("publish").exitCode == 0)
        #expect(try mirror.filenames("good-00") == ["good_00-1.0-py3-none-any.whl"])
        let reference = try TestMirror(of: upstream.url)
        #expect(try reference.sync().exitCode == 0)
        let next = try mirror.sync()
        #expect(next.exitCode == 0, "\(next)")
        #expect(next.report.int("projects.changed") == 5)
        #expect(try mirror.filenames("good-00").count == 2)
        #expect(try mirror.treeDigest == reference.treeDigest)
        let verification = try mirror.verify()
        #expect(verification.exitCode == 0, "\(verification)")
    }

    @Test("A project that was moved to another upstream is not measured by the serial of the former one")
    func moved() throws {
        let company = ScriptedUpstream()
        func upstreams(_ claims: [String]) -> [NamedUpstream] {
            [
                NamedUpstream(name: "company", url: company.url, projects: claims),
                NamedUpstream(name: "public", url: upstream.url),
            ]
        }
        upstream.publish([try ScriptedProject("moving", versions: ["1.0", "2.0"]).stating(serial: 900)])
        company.publish([try ScriptedProject("moving", versions: ["2.0", "3.0"]).stating(serial: 4)])
        let mirror = try TestMirror(of: upstreams(["own"]), projects: ["moving"])
        #expect(try mirror.sync().exitCode == 0)
        let (index, kept) = (mirror.root.appending("index"), mirror.folder.path.appending("index"))
        try index.copy(to: kept)
        try mirror.setUpstreams(upstreams(["own", "moving"]), selectingAll: false)
        #expect(try mirror.sync("--no-publish").exitCode == 0)
        index.removeAll()
        try kept.copy(to: index)

        let next = try mirror.sync()
        #expect(next.exitCode == 0, "\(next)")
        #expect(try mirror.filenames("moving") == ["moving-2.0-py3-none-any.whl", "moving-3.0-py3-none-any.whl"])
        #expect(try mirror.verify().exitCode == 0)
    }

    @Test("Objects that the index does not know are not believed") func damagedObjects() throws {
        let mirror = try cutOff()
        let objects = mirror.root.appending("objects").string
        let known = Set((try .good(6) as [ScriptedProject]).flatMap(\.files).map(\.claimedDigest))
        var damaged = 0
        for path in try FileManager.default.subpathsOfDirectory(atPath: objects) {
            let name = path.split(separator: "/").last.map(String.init) ?? ""
            let project = try changed().first { $0.files.contains { $0.claimedDigest == name } }
            guard project != nil, !known.contains(name) else { continue }
            try FileManager.default.removeItem(atPath: "\(objects)/\(path)")
            try Data("damaged".utf8).write(to: URL(fileURLWithPath: "\(objects)/\(path)"))
            damaged += 1
        }
        #expect(damaged == 5)
        let next = try mirror.sync()
        #expect(next.exitCode == 0, "\(next)")
        let verification = try mirror.verify()
        #expect(verification.exitCode == 0, "\(verification)")
    }

    @Test("A project that upstream takes away meanwhile leaves without dangling") func removedMeanwhile() throws {
        let mirror = try cutOff()
        upstream.remove("/simple/good-01/")
        upstream.list(try changed().filter { $0.name != "good-01" })
        let next = try mirror.sync()
        #expect(next.exitCode == 0, "\(next)")
        #expect(try mirror.filenames("good-01") == [])
        #expect(try mirror.filenames("good-00").count == 2)
        let verification = try mirror.verify("--index", "--publication", "--content")
        #expect(verification.exitCode == 0, "\(verification)")
    }

    /// A mirror whose index knows another record of a project than the one on disk, though nothing of the project is
    /// newer upstream.
    private func divided() throws -> (mirror: TestMirror, digest: String?) {
        let mirror = try TestMirror(of: upstream.url)
        upstream.publish(try .good(7))
        #expect(try mirror.sync().exitCode == 0)
        let record = try mirror.record(of: "good-00")
        let other = try Data(contentsOf: URL(fileURLWithPath: record.string))
        upstream.publish(try changed())
        #expect(try mirror.sync().exitCode == 0)
        let digest = try mirror.treeDigest
        try rewrite(record) { $0 = [UInt8](other) }
        #expect(try mirror.verify("--index").exitCode == 2)
        return (mirror, digest)
    }

    @Test("A record that was being placed is found by the next sync, though its project has not changed")
    func placedRecord() throws {
        let (mirror, digest) = try divided()
        // The note of a group, as a crash leaves it.
        try Data("good-00\n".utf8).write(to: URL(fileURLWithPath: mirror.root.appending("tmp/records.placing").string))
        #expect(try mirror.verify().exitCode == 0, "what the next command takes up is no damage")
        let next = try mirror.sync()
        #expect(next.exitCode == 0, "\(next)")
        #expect(try mirror.treeDigest == digest)
        let verification = try mirror.verify()
        #expect(verification.exitCode == 0, "\(verification)")
    }

    @Test("A repair makes the index know a record that nobody noted") func repairedRow() throws {
        let (mirror, digest) = try divided()
        let plan = try mirror.verify("--repair", "--dry-run")
        #expect(plan.exitCode == 2, "\(plan)")
        let repair = try mirror.verify("--repair")
        #expect(repair.exitCode == 8, "\(repair)")
        #expect(try mirror.verify().exitCode == 0)
        let next = try mirror.sync()
        #expect(next.exitCode == 0, "\(next)")
        #expect(try mirror.treeDigest == digest)
        #expect(try mirror.verify().exitCode == 0)
    }
}
