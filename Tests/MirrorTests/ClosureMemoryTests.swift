import Foundation
import SystemPackage
import TestSupport
import Testing

/// What is remembered of a closure never leads a sync of single projects to take off what another needs.
@Suite("What is remembered of closures") struct ClosureMemoryTests: ClosureSuite {
    let upstream = ScriptedUpstream()

    private func wheels(_ name: String, _ versions: String...) -> [String] {
        versions.map { "\(name)-\($0)-py3-none-any.whl" }
    }

    @Test("After a sync that could not ask for everything, one by name takes off nothing that is needed")
    func incomplete() throws {
        let other = try project("other", ("1.0", []))
        let mirror = try mirror(
            [try project("app", ("1.0", ["dep>=1", "other"])), try project("dep", ("1.0", [])), other],
            of: ["app"]
        )
        _ = try synced(mirror)
        let next = [
            try project("app", ("1.0", ["dep>=1", "other"]), ("2.0", ["dep>=2", "other", "more"])),
            try project("dep", ("1.0", []), ("2.0", [])), other, try project("more", ("1.0", [])),
        ]
        upstream.publish(next)
        fail(other)
        _ = try synced(mirror, exitCode: 3)
        #expect(try mirror.filenames("dep") == wheels("dep", "1.0", "2.0"))
        for name in ["dep", "app", "more"] { _ = try synced(mirror, name) }
        #expect(try mirror.filenames("dep") == wheels("dep", "1.0", "2.0"))
        #expect(try mirror.filenames("app") == wheels("app", "1.0", "2.0"))
        let why = try mirror.run("why", "more").output
        #expect(why.contains("needed by app 2.0 in python 3.12 on linux") && !why.contains("takes it off"), "\(why)")
        upstream.publish(other)
        _ = try synced(mirror)
        #expect(try mirror.filenames("dep") == wheels("dep", "2.0"))
        #expect(try mirror.verify().exitCode == 0)
    }

    @Test("What was needed before is known by name while not everything can be asked for")
    func heldProjects() throws {
        let app = try project("app", ("1.0", ["dep"]))
        let flaky = try project("flaky", ("1.0", []))
        let mirror = try mirror([app, flaky, try project("dep", ("1.0", []))], of: ["app", "flaky"])
        _ = try synced(mirror)
        upstream.publish([try project("app", ("1.0", ["dep"]), ("2.0", [])), flaky])
        fail(flaky)
        for _ in 0..<2 { _ = try synced(mirror, exitCode: 3) }
        _ = try synced(mirror, "dep")
        #expect(try mirror.filenames("dep") == wheels("dep", "1.0"))
        #expect(try mirror.run("why", "dep").output.contains("needed by app 1.0 in python 3.12 on linux"))
        upstream.publish(flaky)
        #expect(try synced(mirror).int("projects.removed") == 1)
        #expect(try mirror.run("sync", "dep").exitCode == 64)
    }

    @Test("What was found for another selection is no reason to keep anything by name")
    func otherSelection() throws {
        let mirror = try mirror([try project("app", ("1.0", [])), try project("web", ("1.0", []))], of: ["app"])
        _ = try synced(mirror)
        _ = try mirror.run("add", "web")
        let refused = try mirror.run("sync", "web")
        #expect(
            refused.exitCode == 64 && refused.errors.contains("run `larder sync` without names first"),
            "\(refused)"
        )
        _ = try synced(mirror)
        _ = try synced(mirror, "web")
        // While nothing is followed, other releases are kept.
        let path = mirror.root.appending("larder.toml").string
        let text = try String(contentsOfFile: path, encoding: .utf8)
        try text.replacing("\nclosure = ", with: "\n#closure = ").replacing(
            "\nenvironments = ",
            with: "\n#environments = "
        ).write(toFile: path, atomically: true, encoding: .utf8)
        upstream.publish([try project("app", ("1.0", []), ("2.0", []))])
        _ = try synced(mirror, "app")
        #expect(try mirror.filenames("app") == wheels("app", "1.0", "2.0"))
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        #expect(try mirror.run("sync", "app").exitCode == 64)
        #expect(try mirror.filenames("app") == wheels("app", "1.0", "2.0"))
        _ = try synced(mirror)
        #expect(try mirror.filenames("app") == wheels("app", "2.0"))
    }
    @Test("Without what was remembered, as after an interrupted first sync, nothing listed counts as gone")
    func nothingRemembered() throws {
        let names = (0..<12).map { "lib\($0)" }
        let projects = try [project("company-app", ("1.0", names))] + names.map { try project($0, ("1.0", [])) }
        let mirror = try mirror(projects, of: ["company-app"])
        try mirror.configure("projects", "[\"company-*\"]")
        _ = try synced(mirror)
        let digest = try mirror.treeDigest
        try FileManager.default.removeItem(atPath: mirror.root.appending("closure.json").string)
        // A list of another time, so that it is read again.
        upstream.list(projects.map { $0.stating(serial: 1) } + [try project("new", ("1.0", []))])
        #expect(try synced(mirror).int("projects.removed") == 0)
        #expect(try mirror.treeDigest == digest)
        // What the list names no more, and upstream has all the same.
        try FileManager.default.removeItem(atPath: mirror.root.appending("closure.json").string)
        upstream.list([projects[0]])
        #expect(try synced(mirror).int("projects.removed") == 0)
        #expect(try mirror.treeDigest == digest)
    }
}
