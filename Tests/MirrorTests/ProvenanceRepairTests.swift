import Foundation
import SystemPackage
import TestSupport
import Testing

/// Provenance documents that are damaged or lost, and what gives them back: repairs, syncs and a rebuild.
@Suite("Damaged provenance") struct ProvenanceRepairTests: ProvenanceSuite {
    let upstream = ScriptedUpstream()

    /// Where repairs get it from.
    enum Source: CaseIterable { case upstream, root, mirror }

    @Test("A damaged document is found, and had again", arguments: Source.allCases) func repaired(source: Source) throws
    {
        let bytes = try publish()
        let mirror = try made()
        try expectSynced(mirror)
        let other = try made()
        if source != .upstream { try expectSynced(other) }
        try rewrite(try mirror.object(withBytes: bytes)) { $0[0] ^= 1 }
        let found = try mirror.verify("--content")
        #expect(found.exitCode == 1, "\(found)")
        #expect(found.report.objects("findings").map { $0.text("file") } == [wheel + ".provenance"])
        if source != .upstream { upstream.set("/integrity/one", .failing("404 Not Found")) }
        let from: [String] =
            switch source {
            case .upstream: []
            case .root: ["--from", other.root.string]
            case .mirror: ["--from", "file://\(other.root)/web/simple/"]
            }
        let arguments = ["verify", "--json", "--repair", "--root", mirror.root.string]
        let repair = try Larder.run(arguments + from)
        #expect(repair.exitCode == 8, "\(repair)")
        #expect(try document(of: mirror) == bytes)
        try expectClean(mirror)
    }

    @Test("What nobody has any more is off the page, and comes back with a sync") func withdrawn() throws {
        let bytes = try publish()
        let mirror = try made()
        try expectSynced(mirror)
        let digest = try mirror.treeDigest
        let place = mirror.root.pushing(FilePath(try path(of: bytes)))
        try rewrite(try mirror.object(withBytes: bytes)) { $0[0] ^= 1 }
        upstream.set("/integrity/one", .failing("503 Service Unavailable"))
        let repair = try mirror.verify("--repair")
        #expect(repair.exitCode == 1, "\(repair)")
        #expect(try shown(by: mirror) == nil)
        #expect(try mirror.filenames("demo") == [wheel])
        #expect(!FileManager.default.fileExists(atPath: place.string))
        let after = try mirror.verify()
        #expect(after.exitCode == 1, "\(repair) \(after)")
        #expect(try mirror.sync().exitCode == 3)
        upstream.set("/integrity/one", .init(body: bytes))
        try expectSynced(mirror)
        #expect(try document(of: mirror) == bytes)
        #expect(try mirror.treeDigest == digest)
        try expectClean(mirror)
    }

    @Test("A file whose provenance is lost is still shown by a rollback and a snapshot") func lostInThePast() throws {
        let bytes = try publish()
        let mirror = try made()
        try expectSynced(mirror)
        #expect(try mirror.run("snapshot", "create", "then").exitCode == 0)
        try publish({ $0.note = "second" }, at: "two")
        try expectSynced(mirror)
        upstream.set("/integrity/one", .failing("404 Not Found"))
        try rewrite(try mirror.object(withBytes: bytes)) { $0[0] ^= 1 }
        _ = try mirror.verify("--repair")
        _ = try mirror.verify("--repair")
        for target in ["1", "then"] {
            let back = try mirror.run("rollback", target)
            #expect(back.exitCode == 0, "\(back)")
            #expect(try mirror.filenames("demo") == [wheel])
            #expect(try shown(by: mirror) == nil)
            #expect(try mirror.run("publish").exitCode == 0)
        }
        try expectClean(mirror)
    }

    @Test("A repair puts back no document of bytes that are others by now") func ofOtherBytes() throws {
        let bytes = try publish()
        let mirror = try made()
        let other = try made()
        try expectSynced(mirror)
        try expectSynced(other)
        try rewrite(try mirror.object(withBytes: bytes)) { $0[0] ^= 1 }
        upstream.set("/integrity/one", .failing("404 Not Found"))
        #expect(try mirror.verify("--repair").exitCode == 1)
        var project = try ScriptedProject("demo", versions: ["1.0"])
        project.files[0] = try .init(filename: wheel, bytes: Array("other bytes".utf8))
        project.files[0].provenance = upstream.url(of: "/integrity/two")
        project.serial = 3
        upstream.set("/integrity/two", .failing("503 Service Unavailable"))
        upstream.publish([project, try ScriptedProject("six")])
        _ = try mirror.sync("--accept-change", "demo")
        #expect(try shown(by: mirror) == nil)
        _ = try mirror.run("verify", "--repair", "--from", other.root.string)
        #expect(try shown(by: mirror) == nil)
        let now = try Provenance(of: project.files[0]).bytes
        upstream.set("/integrity/two", .init(body: now))
        try expectSynced(mirror)
        #expect(try document(of: mirror) == now)
    }

    @Test("An index that is made anew has it") func rebuilt() throws {
        let bytes = try publish()
        let mirror = try made()
        try expectSynced(mirror)
        let rebuild = try mirror.run("rebuild")
        #expect(rebuild.exitCode == 0, "\(rebuild)")
        try expectClean(mirror)
        try FileManager.default.removeItem(atPath: mirror.root.appending("index").string)
        #expect(try mirror.run("rebuild").exitCode == 0)
        try expectClean(mirror)
        try expectSynced(mirror)
        #expect(try document(of: mirror) == bytes)
        #expect(askedFor == 1)
    }
}
