import DemoUpstream
import Foundation
import Logging
import Mirror
import Scheduling
import TestSupport
import Testing

/// Other bytes under a known filename, and what policy and selection make of them.
@Suite("Changed digests and the selection") struct ChangedDigestTests {
    private let upstream = ScriptedUpstream()
    private let wheel = "demo-1.0-py3-none-any.whl"

    private func synced(_ project: ScriptedProject, _ configure: (TestMirror) throws -> Void) throws -> TestMirror {
        upstream.publish([project])
        let mirror = try TestMirror(of: upstream.url, projects: ["demo"], configuration: ["retries": "0"])
        try configure(mirror)
        let result = try mirror.sync()
        #expect(result.exitCode == 0, "\(result)")
        return mirror
    }

    /// The same project with other bytes in its first file.
    private func changed(_ project: ScriptedProject) throws -> ScriptedProject {
        var project = project
        let distribution = Distribution(name: "demo", version: "1.0", requires: ["six"])
        project.files[0] = try ScriptedProject.File(
            filename: wheel,
            bytes: distribution.wheel(),
            metadata: distribution.metadata()
        )
        return project
    }

    /// The digest of the only file on the page.
    private func shown(_ mirror: TestMirror) throws -> String? {
        let files = try mirror.page("demo").objects("files")
        #expect(files.count == 1)
        return files.first?.text("hashes.sha256")
    }

    @Test("A refused change leaves the old file on its page, however young the new one is")
    func refusedAndYoung() throws {
        let project = try ScriptedProject("demo")
        let mirror = try synced(project) { try $0.configure("minimum-age", "\"7d\"") }
        var other = try changed(project)
        other.files[0].uploadTime = ISO8601DateFormatter().string(from: Date())
        upstream.publish([other])
        for _ in 0..<2 {
            let result = try mirror.sync()
            #expect(result.exitCode == 3, "\(result)")
            let reason = try #require(result.report.failures(of: "demo").first?.text("reason"))
            #expect(reason.contains("kept the file that was here"))
            #expect(try shown(mirror) == project.files[0].claimedDigest)
        }
        #expect(try mirror.verify().exitCode == 0)

        // The accepted one has to wait.
        #expect(try mirror.sync("--accept-change", "demo").exitCode == 0)
        #expect(try mirror.filenames("demo") == [])
    }

    @Test("A refused change leaves the file that is locked on its page")
    func refusedAndLocked() throws {
        let project = try ScriptedProject("demo")
        let digest = project.files[0].claimedDigest
        let mirror = try synced(project) { mirror in
            try mirror.folder.write(
                "mirror/uv.lock",
                """
                version = 1
                requires-python = ">=3.12"

                [[package]]
                name = "demo"
                version = "1.0"
                source = { registry = "https://index.example/simple" }
                wheels = [{ url = "https://files.example/\(wheel)", hash = "sha256:\(digest)" }]
                """
            )
            try mirror.folder.write("mirror/projects.txt", "")
            try mirror.configure("lock-files", "[\"uv.lock\"]")
        }
        #expect(try shown(mirror) == digest)
        upstream.publish([try changed(project)])
        let result = try mirror.sync()
        #expect(result.exitCode == 3, "\(result)")
        #expect(result.report.failures(of: "demo").count == 1)
        #expect(try shown(mirror) == digest)
    }
}
