import Foundation
import SystemPackage
import TestSupport
import Testing

/// Upstreams that nothing can be had from: the sync says so soon, and does not ask for everything.
@Suite("Syncs without hope") struct HopelessTests {
    private let upstream = ScriptedUpstream()

    @Test(
        "49: 401 and 403 on everything end the run, which says why",
        arguments: ["401 Unauthorized", "403 Forbidden"]
    )
    func refused(status: String) throws {
        let projects: [ScriptedProject] = try .good(60)
        for project in projects { upstream.set("/simple/\(project.name)/", .failing(status)) }
        let mirror = try TestMirror(
            of: upstream.url,
            projects: projects.map(\.name),
            configuration: ["connections": "4"]
        )
        let sync = try mirror.sync()
        #expect(sync.exitCode == 69, "\(sync)")
        #expect(sync.errors.contains("the upstream refuses the credentials; nothing was changed"), "\(sync)")
        #expect(upstream.requests.count < 30)
    }

    @Test("49: one project that is forbidden is no matter of credentials") func forbiddenOne() throws {
        let projects: [ScriptedProject] = try .good(12)
        upstream.publish(projects)
        for project in projects.dropFirst(6) { upstream.set("/simple/\(project.name)/", .failing("403 Forbidden")) }
        let mirror = try TestMirror(of: upstream.url, projects: projects.map(\.name))
        let sync = try mirror.sync()
        #expect(sync.exitCode == 3, "\(sync)")
        #expect(sync.report.int("projects.changed") == 6)
        #expect(sync.report.int("projects.failed") == 6)
    }

    @Test("30, 31: a host of files that nobody answers at costs a few attempts, not some for each file")
    func deadHost() throws {
        let port = ScriptedServer.unusedPort()
        let projects: [ScriptedProject] = try .good(100)
        upstream.publish(projects)
        for project in projects {
            let page = String(decoding: project.page.body, as: UTF8.self)
                .replacingOccurrences(of: "..\\/..\\/files", with: "http:\\/\\/127.0.0.1:\(port)\\/files")
            upstream.set(
                "/simple/\(project.name)/",
                .init(headers: ["Content-Type: application/vnd.pypi.simple.v1+json"], body: Array(page.utf8))
            )
        }
        let mirror = try TestMirror(of: upstream.url, projects: projects.map(\.name))
        let sync = try mirror.sync()
        #expect(sync.exitCode == 3, "\(sync)")
        #expect(sync.report.int("files.failed") == 100)
        #expect(sync.output.contains("the host was given up for now: cannot connect"))
        // A few of each request that was under way when the host was found to be down, and then those that try it.
        #expect(try #require(sync.report.int("requests.retries")) < 60)
    }
}
