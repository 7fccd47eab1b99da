import ChildProcess
import Foundation
import SystemPackage
import TestSupport
import Testing

/// A mirror outside, one inside, and folders for media between the two.
struct AirGap: Sendable {
    let upstream = ScriptedUpstream()
    let outside: TestMirror
    let inside: TestMirror
    let key: String

    /// A mirror of some projects, synced, and an empty one.
    init(_ projects: [ScriptedProject]) throws {
        upstream.publish(projects)
        outside = try TestMirror(of: upstream.url)
        // Nobody answers there.
        inside = try TestMirror(of: "http://127.0.0.1:9/simple/")
        key = outside.folder.path.appending("release.key").string
        try #require(try Larder.run(["keygen", key, "-q"]).exitCode == 0)
        try sync(projects)
    }

    /// Has the mirror outside follow its upstream.
    func sync(_ projects: [ScriptedProject]) throws {
        upstream.publish(projects)
        let result = try outside.sync("--accept-removals")
        try #require(result.exitCode == 0, "\(result)")
    }

    /// A folder of a medium.
    func medium(_ name: String) -> FilePath { outside.folder.path.appending(name) }

    /// Exports, signed.
    @discardableResult
    func export(_ name: String, _ arguments: String...) throws -> CommandResult {
        try export(to: medium(name), arguments)
    }

    @discardableResult
    func export(to medium: FilePath, _ arguments: [String]) throws -> CommandResult {
        let result = try outside.run(arguments: ["export", medium.string, "--json", "--sign", key] + arguments)
        try #require(result.exitCode == 0, "\(result)")
        return result
    }

    /// Imports from media; the key is trusted.
    func `import`(_ names: String..., arguments: [String] = []) throws -> CommandResult {
        let media = names.map { medium($0).string }
        return try inside.run(arguments: ["import", "--json", "--trust", key + ".pub"] + media + arguments)
    }

    /// Writes down what there is inside.
    ///
    /// - Returns: The path of the file.
    func have(_ name: String) throws -> String {
        let have = try inside.run("have")
        try #require(have.exitCode == 0, "\(have)")
        let path = medium("\(name).jsonl").string
        try have.output.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    /// Asks for what lacks inside, and brings it there.
    func roundTrip(_ name: String) throws {
        try export(name, "--have", try have(name))
        let imported = try `import`(name)
        try #require(imported.exitCode == 0, "\(imported)")
    }

    /// Expects both mirrors to show the same, and the one inside to be whole.
    func expectSame(_ location: SourceLocation = #_sourceLocation) throws {
        #expect(try inside.treeDigest == outside.treeDigest, sourceLocation: location)
        let verified = try inside.verify()
        #expect(verified.exitCode == 0, "\(verified)", sourceLocation: location)
    }

    /// Expects a bundle to be refused for a reason, and nothing to change.
    func expectRefusal(
        _ reason: String,
        _ names: String...,
        arguments: [String] = [],
        location: SourceLocation = #_sourceLocation
    ) throws {
        let before = try shown()
        let media = names.map { medium($0).string }
        let trust =
            arguments.contains("--allow-unsigned") || arguments.contains("--trust") ? [] : ["--trust", key + ".pub"]
        let result = try inside.run(arguments: ["import", "--json"] + trust + media + arguments)
        #expect(result.exitCode == 65, "\(result)", sourceLocation: location)
        let error = result.report.text("error") ?? ""
        #expect(error.contains(reason), "\(error)", sourceLocation: location)
        #expect(try shown().differences(from: before) == [], sourceLocation: location)
    }

    /// What there is inside, but for what an import keeps to go on with.
    private func shown() throws -> FileTree {
        try FileTree(inside.root, except: ["import", "index", "lock", "lock.commit", "lock.index", "tmp"])
    }
}

extension ScriptedProject {
    /// A project with an sdist of so many bytes.
    static func large(_ name: String, version: String = "1.0", bytes count: Int) throws -> ScriptedProject {
        var project = try ScriptedProject(name, versions: [])
        var state = UInt64(truncatingIfNeeded: name.hashValue &+ version.utf8.count)
        let bytes = (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 33)
        }
        project.files = [try File(filename: "\(name)-\(version).tar.gz", bytes: bytes)]
        return project
    }
}
