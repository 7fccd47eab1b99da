import Foundation
import SystemPackage
import TestSupport
import Testing

/// `why` says with which error something failed, until that is over.
@Suite("Explained failures") struct ExplainedFailureTests {
    private let upstream = ScriptedUpstream()

    private func reason(_ mirror: TestMirror, _ name: String) throws -> String {
        try #require(try mirror.run("why", name, "--json").report.text("reason"))
    }

    @Test("A page and a file that cannot be had are told of with the error, and no more once they are here")
    func errors() throws {
        let projects = try ["good", "pageless", "short"].map { try ScriptedProject($0) }
        let mirror = try TestMirror(of: upstream.url, projects: projects.map(\.name), configuration: ["retries": "0"])
        upstream.publish(projects)
        // The others answer first: where nothing answers, nothing is remembered of a project.
        var busy = ScriptedUpstream.Reply.failing("503 Busy")
        busy.delay = 2_000_000
        upstream.set("/simple/pageless/", busy)
        upstream.set("/files/\(projects[2].files[0].path)", .failing("403 Forbidden"))
        #expect(try mirror.sync().exitCode == 3)
        #expect(try reason(mirror, "pageless").contains("the next one tries again: "))
        #expect(try reason(mirror, "pageless").contains("503"))
        #expect(try reason(mirror, "short").contains(": short-1.0-py3-none-any.whl: "))
        #expect(try reason(mirror, "short").contains("403"))
        #expect(try mirror.verify().exitCode == 0)

        upstream.publish(projects)
        #expect(try mirror.sync().exitCode == 0)
        for name in ["pageless", "short"] { #expect(try !reason(mirror, name).contains("again")) }
    }

    @Test("A name that upstream does not have comes with what to change")
    func remedy() throws {
        upstream.publish([try ScriptedProject("good")])
        let mirror = try TestMirror(of: upstream.url, projects: ["good", "slip"], configuration: ["retries": "0"])
        try mirror.configure("projects", "[\"slap\"]")
        let report = try mirror.sync().report
        #expect(try #require(report.failures(of: "slip").first?.text("reason")).contains("`larder remove slip`"))
        #expect(
            try #require(report.failures(of: "slap").first?.text("reason"))
                .contains("if the name is wrong, change [select] projects (larder.toml:")
        )
    }
}
