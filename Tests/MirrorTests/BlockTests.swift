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
}
