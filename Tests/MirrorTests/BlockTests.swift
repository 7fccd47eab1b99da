import DemoUpstream
import Foundation
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
}
