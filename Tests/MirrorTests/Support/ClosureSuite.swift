import Foundation
import SystemPackage
import TestSupport
import Testing

/// Values of `environments` in `larder.toml`.
enum ClosureEnvironments {
    static let linux = "[{ python = \"3.12\", platform = \"linux\" }]"
    static let linuxAndWindows =
        "[{ python = \"3.12\", platform = \"linux\" }, { python = \"3.11\", platform = \"windows\" }]"
}

/// Tests of mirrors that follow what the projects of a scripted upstream need.
protocol ClosureSuite {
    var upstream: ScriptedUpstream { get }
}

extension ClosureSuite {
    /// A mirror of some projects of the upstream that follows what they need.
    func mirror(
        _ projects: [ScriptedProject],
        of names: [String],
        _ mode: String = "newest",
        _ environments: String = ClosureEnvironments.linux
    ) throws -> TestMirror {
        upstream.publish(projects)
        let mirror = try TestMirror(of: upstream.url, projects: names, configuration: ["retries": "0"])
        try mirror.configure("closure", "\"\(mode)\"")
        try mirror.configure("environments", environments)
        return mirror
    }

    /// Syncs, and wants everything to be done, or what else the exit code says.
    func synced(_ mirror: TestMirror, _ arguments: String..., exitCode: Int = 0) throws -> Report {
        let result = try Larder.run(["sync", "--json", "--root", mirror.root.string] + arguments)
        #expect(result.exitCode == exitCode, "\(result)")
        let staged = try FileManager.default.contentsOfDirectory(atPath: mirror.root.appending("tmp").string)
        #expect(staged.allSatisfy { !$0.hasSuffix(".part") }, "\(staged) were left")
        return result.report
    }

    /// A project with a wheel of each version, and what each needs.
    func project(_ name: String, _ releases: (String, [String])...) throws -> ScriptedProject {
        try ScriptedProject(name, releases.map { .init(version: $0.0, requires: $0.1) })
    }

    /// What is asked for during a step, in order.
    func requests(during step: () throws -> Void) throws -> [String] {
        let before = upstream.requests.count
        try step()
        return upstream.requests.dropFirst(before).map { request in
            (request.header("If-None-Match") == nil ? "" : "? ") + request.path
        }.sorted()
    }

    /// Answers a project's page, its files and their metadata with an error.
    func fail(_ project: ScriptedProject, page: Bool = true, files: Bool = false) {
        let error = ScriptedUpstream.Reply.failing("503 Service Unavailable")
        if page { upstream.set("/simple/\(project.name)/", error) }
        for file in files ? project.files : [] {
            upstream.set("/files/\(file.path)", error)
            upstream.set("/files/\(file.path).metadata", error)
        }
    }
}
