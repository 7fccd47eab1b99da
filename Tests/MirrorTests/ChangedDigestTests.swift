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

    @Test("Other bytes under a known name have to age, where nobody says when they were uploaded")
    func ageOfOtherBytes() async throws {
        var project = try ScriptedProject("demo")
        project.files[0].uploadTime = nil
        let mirror = try synced(project) { try $0.configure("minimum-age", "\"7d\"") }
        let now = Clock.now()
        func sync(after days: Int64, _ options: SyncOptions = SyncOptions()) async throws -> [String] {
            let later = try MirrorRoot(at: mirror.root, logger: Logger(label: "test")) { now + days * 86_400 }
            _ = try await later.sync(options)
            return try mirror.filenames("demo")
        }
        #expect(try await sync(after: 0) == [])
        #expect(try await sync(after: 8) == [wheel])

        var other = try changed(project)
        other.files[0].uploadTime = nil
        upstream.publish([other])
        var accepting = SyncOptions()
        accepting.acceptedChanges = ["demo"]
        #expect(try await sync(after: 9, accepting) == [])
        #expect(try await sync(after: 15) == [])
        #expect(try await sync(after: 17) == [wheel])
        #expect(try shown(mirror) == other.files[0].claimedDigest)
    }

    @Test("What never came has no age that other bytes could have")
    func ageOfWhatNeverCame() async throws {
        var project = try ScriptedProject("demo")
        project.files[0].uploadTime = nil
        var other = try changed(project)
        other.files[0].uploadTime = nil
        upstream.publish([project])
        upstream.remove("/files/\(wheel)")
        let mirror = try TestMirror(of: upstream.url, projects: ["demo"], configuration: ["retries": "0"])
        try mirror.configure("minimum-age", "\"7d\"")
        #expect(try mirror.sync().exitCode == 3)
        let now = Clock.now()
        upstream.publish([other])
        let later = try MirrorRoot(at: mirror.root, logger: Logger(label: "test")) { now + 8 * 86_400 }
        let report = try await later.sync()
        #expect(report.outcome == .complete)
        #expect(report.files.withheld == 1)
        #expect(try mirror.filenames("demo") == [])
    }
}
