import CLinux
import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

/// How commands end, and what their reports say (design, section 8).
@Suite("Exit codes") struct ExitCodeTests {
    private let upstream = ScriptedUpstream()

    private func mirror(of projects: [ScriptedProject], synced: Bool = true) throws -> TestMirror {
        upstream.publish(projects)
        let mirror = try TestMirror(of: upstream.url, configuration: ["retries": "0"])
        guard synced else { return mirror }
        let result = try mirror.sync()
        try #require(result.exitCode == 0, "\(result)")
        return mirror
    }

    @Test("A second writer ends with 75 and changes nothing; readers do not wait")
    func locked() throws {
        let mirror = try mirror(of: .good(2))
        let digest = try mirror.treeDigest
        let lock = open(mirror.root.appending("lock").string, O_RDWR | O_CLOEXEC)
        defer { close(lock) }
        try #require(larder_flock(lock, false) == 0)
        upstream.publish(try .good(3))
        for command in ["sync", "publish"] {
            let result = try mirror.run(command)
            #expect(result.exitCode == 75, "\(command): \(result)")
            #expect(result.errors.contains("another larder command"))
        }
        #expect(try mirror.run("add", "another").exitCode == 75)
        #expect(try mirror.treeDigest == digest)
        #expect(try mirror.verify("--publication").exitCode == 0)
        close(lock)
        #expect(try mirror.sync().report.int("projects.changed") == 1)
    }

    @Test("An upstream that does not answer ends with 69, and nothing has changed")
    func unreachable() throws {
        let mirror = try mirror(of: .good(3))
        let digest = try mirror.treeDigest
        let before = try FileTree(mirror.root, except: ["index"])
        for reply in [ScriptedUpstream.Reply.failing("500 Internal Server Error"), .failing("404 Not Found")] {
            upstream.set("/simple/", reply)
            let result = try mirror.sync()
            #expect(result.exitCode == 69, "\(result)")
            #expect(result.report.text("outcome") == "failed")
        }
        try mirror.configure("url", "\"http://127.0.0.1:1/simple/\"")
        let changed = try FileTree(mirror.root, except: ["index"]).differences(from: before)
        #expect(changed == ["larder.toml"])
        let refused = try mirror.run("sync")
        #expect(refused.exitCode == 69, "\(refused)")
        #expect(refused.errors.contains("nothing was changed"))
        #expect(try FileTree(mirror.root, except: ["index"]).differences(from: before) == ["larder.toml"])
        #expect(try mirror.treeDigest == digest)
        #expect(try mirror.verify().exitCode == 0)
    }

    @Test("Without a mirror there is 66, and what makes no sense gets 64")
    func usage() throws {
        let mirror = try mirror(of: .good(1))
        let nowhere = mirror.folder.path.appending("nowhere").string
        for command in ["sync", "status", "verify", "publish", "list"] {
            #expect(try Larder.run([command, "--root", nowhere]).exitCode == 66, "\(command)")
        }
        #expect(!FileManager.default.fileExists(atPath: nowhere))
        let named = try TestMirror(of: upstream.url, projects: ["good-00"])
        let unknown = try named.run("sync", "unheard-of")
        #expect(unknown.exitCode == 64)
        #expect(unknown.errors.contains("larder add unheard-of"))
        #expect(try named.run("sync", "not a name").exitCode == 64)
        #expect(try named.run("sync", "--no-such-option").exitCode == 64)
        #expect(try named.run("layout", "no-such-server").exitCode == 64)
        let again = try Larder.run(["init", mirror.root.string, "--upstream", upstream.url, "--all"])
        #expect(again.exitCode == 64, "\(again)")
        #expect(again.errors.contains("already"))
        #expect(try mirror.treeDigest != nil)
    }

    @Test("A key that is not known is told with file, line and a suggestion")
    func configuration() throws {
        let mirror = try mirror(of: .good(1))
        let path = mirror.root.appending("larder.toml").string
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let lines = text.components(separatedBy: "\n")
        let line = try #require(lines.firstIndex { $0.hasPrefix("url = ") }) + 2
        let broken = lines[..<(line - 1)] + ["conections = 3"] + lines[(line - 1)...]
        try broken.joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
        for command in ["sync", "status"] {
            let result = try mirror.run(command)
            #expect(result.exitCode == 64)
            #expect(result.errors.contains("larder.toml:\(line)"), "\(result.errors)")
            #expect(result.errors.contains("connections"))
        }
    }

    @Test("Reports are one JSON object with the keys of the contract")
    func reports() throws {
        let mirror = try mirror(of: .good(2), synced: false)
        let contract: [(command: String, keys: [String])] = [
            (
                "sync",
                [
                    "generation", "projects.listed", "projects.selected", "projects.changed", "projects.unchanged",
                    "projects.removed", "projects.deferred", "projects.failed", "files.downloaded", "files.present",
                    "files.known", "files.withheld", "files.refused", "files.failed", "bytes.downloaded",
                    "requests.metadata", "requests.files", "requests.notModified", "requests.retries", "failures",
                ]
            ),
            (
                "status",
                [
                    "projects", "files", "objects", "bytes", "generation", "treeDigest", "lastSync.outcome",
                    "lastSync.finished", "lastSync.serial", "lag.projects", "verify.oldestAgeSeconds",
                    "verify.findings",
                ]
            ),
            (
                "verify",
                [
                    "checked.objects", "checked.bytes", "findings", "repaired", "coverage.oldestAgeSeconds",
                    "coverage.percent",
                ]
            ),
            ("publish", ["generation", "projects", "files", "treeDigest"]),
        ]
        for (command, keys) in contract {
            let result = try mirror.run(command, "--json", "--progress", "plain")
            #expect(result.exitCode == 0, "\(result)")
            // JSONSerialization takes no more than one value, so an empty report is too much or too little output.
            #expect(result.report.text("command") == command, "\(result.output)")
            #expect(result.report.text("outcome") == "complete")
            for key in keys + ["seconds"] { #expect(result.report.has(key), "\(command): \(key)") }
        }
        let failed = try Larder.run(["status", "--json", "--root", "/nonexistent"])
        #expect(failed.report.text("outcome") == "failed" && failed.exitCode == 66)
    }

    @Test("An interrupted sync ends with 130 and keeps what it has", arguments: [SIGINT, SIGTERM])
    func interrupted(signal: Int32) throws {
        let projects: [ScriptedProject] = try .good(60)
        upstream.publish(projects)
        for file in projects.flatMap(\.files) {
            upstream.set("/files/\(file.path)", .init(body: file.bytes, delay: 100_000))
        }
        let mirror = try TestMirror(of: upstream.url, configuration: ["connections": "3"])
        let program = try mirror.start(["sync", "--json"])
        while program.isRunning, upstream.requestedPaths.count < 70 { usleep(5_000) }
        program.signal(signal)
        #expect(program.wait() == 130)
        let report = CommandResult(exitCode: 130, output: try mirror.startedOutput, errors: "").report
        #expect(report.text("outcome") == "interrupted")
        let kept = try #require(try mirror.run("status", "--json").report.int("objects"))
        #expect(kept > 0)
        let next = try mirror.sync()
        #expect(next.exitCode == 0, "\(next)")
        // Wheels and sidecars; what was committed is not asked for again.
        #expect(next.report.int("requests.files") == 120 - kept)
        #expect(try mirror.listedProjects().count == 60)
        #expect(try mirror.verify().exitCode == 0)
    }
}
