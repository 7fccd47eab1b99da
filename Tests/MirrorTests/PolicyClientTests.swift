import DemoUpstream
import Foundation
import Logging
import Mirror
import Scheduling
import SystemPackage
import TestSupport
import Testing

/// What pip and uv make of what a policy withholds, blocks and refuses.
@Suite(
    "Clients of a policy",
    .enabled(if: NginxServer.program != nil, "nginx is not installed"),
    .enabled(if: Python.environment != nil, "there is no Python")
)
struct PolicyClientTests {
    private let upstream = ScriptedUpstream()
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func mirror(_ projects: [ScriptedProject], of names: [String]) throws -> TestMirror {
        upstream.publish(projects)
        return try TestMirror(of: upstream.url, projects: names, configuration: ["retries": "0"])
    }

    private func sync(_ mirror: TestMirror, _ arguments: String..., exitCode: Int = 0) throws {
        let result = try Larder.run(["sync", "--json", "--root", mirror.root.string] + arguments)
        #expect(result.exitCode == exitCode, "\(result)")
    }

    /// The version of `demo` that each installer takes; `nil` for one that finds nothing that it may install.
    private func installed(_ what: String..., from index: String) throws -> [String?] {
        let target = folder.path.appending("\(UUID())")
        return try Python.installers.map { install in
            do {
                try install(what, index, target)
            } catch let failure as Python.Failure {
                let reasons = ["No matching distribution", "DO NOT MATCH THE HASHES", "No solution", "Hash mismatch"]
                guard reasons.contains(where: failure.description.contains) else { throw failure }
                return nil
            }
            defer { try? FileManager.default.removeItem(atPath: target.string) }
            return try Python.run("import demo; print(demo.__version__, end='')", with: target)
        }
    }

    private func each(_ version: String?) -> [String?] {
        [String?](repeating: version, count: Python.installers.count)
    }

    @Test("A young release is passed by until it has aged, also by who pins it")
    func minimumAge() async throws {
        let now = Clock.now()
        var demo = try ScriptedProject("demo", versions: ["1.0", "2.0"])
        demo.files[1].uploadTime = ISO8601DateFormatter().string(from: Date(timeIntervalSince1970: Double(now - 3_600)))
        let mirror = try mirror([demo], of: ["demo"])
        try mirror.configure("minimum-age", "\"7d\"")
        try sync(mirror)
        let served = try ServedIndex(mirror)
        #expect(try installed("demo", from: served.url) == each("1.0"))
        #expect(try installed("demo==2.0", from: served.url) == each(nil))

        let later = try MirrorRoot(at: mirror.root, logger: Logger(label: "test")) { now + 8 * 86_400 }
        #expect(try await later.sync().outcome == .complete)
        #expect(try installed("demo", from: served.url) == each("2.0"))
    }

    @Test("What is blocked cannot be installed, and whoever asks this index first does not go on to another")
    func blocks() throws {
        let mirror = try mirror([try ScriptedProject("demo", versions: ["1.0", "2.0"])], of: ["demo"])
        try sync(mirror)
        let served = try ServedIndex(mirror)
        let file = try #require(try mirror.page("demo").objects("files").last?.text("url"))
        let url = served.server.url("/simple/demo/" + file)
        #expect(try installed(url, from: served.url) == each("2.0"))

        try mirror.configure("releases", "[\"demo==2.0\"]", in: "[policy.blocked]")
        #expect(try mirror.run("publish").exitCode == 0)
        #expect(try installed("demo", from: served.url) == each("1.0"))
        #expect(try installed("demo==2.0", from: served.url) == each(nil))
        #expect(throws: Python.Failure.self) { try installed(url, from: served.url) }

        let other = ScriptedUpstream()
        other.publish([try ScriptedProject("demo", versions: ["9.0"]), try ScriptedProject("evil")])
        #expect(throws: Never.self) { try uvInstall("evil", from: served.url, else: other.url) }
        try mirror.configure("projects", "[\"demo\", \"evil\"]", in: "[policy.blocked]")
        #expect(try mirror.run("publish").exitCode == 0)
        #expect(try installed("demo", from: served.url) == each(nil))
        guard Python.uv != nil else { return }
        for name in ["demo", "evil"] {
            #expect(throws: Python.Failure.self) { try uvInstall(name, from: served.url, else: other.url) }
        }
        #expect(!other.requestedPaths.contains("/simple/demo/"))
    }

    private func uvInstall(_ name: String, from first: String, else second: String) throws {
        guard Python.uv != nil else { return }
        try Python.uvInstall(["--index", first, name], from: second, into: folder.path.appending("\(UUID())"))
    }

    @Test("Whoever demands the digest that was known has the file that was known, until the change is accepted")
    func changedDigest() throws {
        let before = try ScriptedProject("demo")
        let mirror = try mirror([before], of: ["demo"])
        try sync(mirror)
        var after = before
        let distribution = Distribution(name: "demo", version: "1.0", summary: "Something else", kinds: [.wheel])
        after.files[0] = try ScriptedProject.File(
            filename: before.files[0].filename,
            bytes: distribution.wheel(),
            metadata: distribution.metadata()
        )
        upstream.publish([after])
        let served = try ServedIndex(mirror)
        func locked(_ project: ScriptedProject) throws -> [String?] {
            let line = "demo==1.0 --hash=sha256:\(project.files[0].claimedDigest)\n"
            let file = try folder.write("\(UUID()).txt", line).string
            return try installed("--require-hashes", "-r", file, from: served.url)
        }
        try sync(mirror, exitCode: 3)
        #expect(try locked(before) == each("1.0"))
        #expect(try locked(after) == each(nil))
        try sync(mirror, "--accept-change", "demo")
        #expect(try locked(before) == each(nil))
        #expect(try locked(after) == each("1.0"))
        #expect(try mirror.verify().exitCode == 0)
    }
}
