import Foundation
import SystemPackage
import TestSupport
import Testing

/// Patterns that match nothing are told with their lines, and no others.
@Suite("Patterns that match nothing") struct IdlePatternTests {
    private let upstream = ScriptedUpstream()

    /// The warnings of a sync, without what the configuration is called and the numbers of lines.
    private func warnings(_ mirror: TestMirror) throws -> [String] {
        let result = try mirror.sync()
        #expect(result.exitCode == 0, "\(result)")
        let warnings = result.report.texts("warnings")
        #expect(warnings.allSatisfy { $0.contains(" (larder.toml:") })
        return warnings.map { $0.replacing(#/ \(larder\.toml:[0-9]+\)/#, with: "") }
    }

    @Test("Each pattern is judged for itself, and what another rule leaves out is matched too")
    func patterns() throws {
        var web = try ScriptedProject("web-one", versions: ["1.0", "2.0"])
        let windows = "web_one-2.0-cp312-cp312-win_amd64.whl"
        web.files.append(try .init(filename: windows, bytes: Array(windows.utf8)))
        let projects = [web] + (try ["web-old", "other"].map { try ScriptedProject($0) })
        upstream.publish(projects)
        let mirror = try TestMirror(of: upstream.url, configuration: ["retries": "0"])
        try mirror.configure("projects", "[\"web-*\", \"web-o?d\", \"none-*\"]")
        try mirror.configure("projects", "[\"*-old\", \"typo\"]", in: "[select.exclude]")
        try mirror.configure("platforms", "[\"windows\", \"macos\"]", in: "[select.exclude]")
        try mirror.configure("files", "['win_amd64', 'nothing']", in: "[select.exclude]")
        try mirror.configure("releases", "[\"web-one<2\", \"wbe-one<2\"]", in: "[select.exclude]")
        let digest = web.files[0].claimedDigest
        let nobodys = String(repeating: "0", count: 64)
        try mirror.configure("minimum-age", "\"1d\"")
        try mirror.configure("minimum-age-exceptions", "[\"oth*\", \"toher\"]")
        try mirror.configure("projects", "[\"oth*\", \"evil-*\", \"nobody\"]", in: "[policy.blocked]")
        try mirror.configure("releases", "[\"web-one==1.0\", \"web-one==9\"]", in: "[policy.blocked]")
        try mirror.configure("digests", "[\"sha256:\(digest)\", \"sha256:\(nobodys)\"]")
        #expect(
            try warnings(mirror).sorted() == [
                "[policy.blocked] digests: 'sha256:\(nobodys)' matches no file",
                "[policy.blocked] projects: 'evil-*' matches no project",
                "[policy.blocked] projects: 'nobody' matches no project",
                "[policy.blocked] releases: 'web-one==9' matches no file",
                "[policy] minimum-age-exceptions: 'toher' matches no project",
                "[select.exclude] files: 'nothing' matches no file",
                "[select.exclude] platforms: 'macos' matches no file",
                "[select.exclude] projects: 'typo' matches no project",
                "[select.exclude] releases: 'wbe-one<2' matches no file",
                "[select] projects: 'none-*' matches no project",
            ]
        )
        #expect(try mirror.listedProjects() == ["web-one"])
    }

    @Test("Without a list of projects, what is asked for by name is what there is; a name may be blocked in advance")
    func named() throws {
        let projects = try ["demo", "six"].map { try ScriptedProject($0) }
        upstream.publish(projects)
        let mirror = try TestMirror(of: upstream.url, projects: ["demo", "six"], configuration: ["retries": "0"])
        try mirror.configure("projects", "[\"si?\", \"typo\"]", in: "[select.exclude]")
        try mirror.configure("projects", "[\"in-advance\"]", in: "[policy.blocked]")
        #expect(try warnings(mirror) == ["[select.exclude] projects: 'typo' matches no project"])
    }

    @Test("Claims of upstreams that no project matches are told")
    func claims() throws {
        let project = try ScriptedProject("company-one")
        upstream.publish([project])
        let mirror = try TestMirror(of: upstream.url, projects: ["company-one"], configuration: ["retries": "0"])
        let path = mirror.root.appending("larder.toml").string
        try """
        [[upstream]]
        name = "company"
        url = "\(upstream.url)"
        projects = [
            "company-*",
            "compnay-*",
        ]
        [[upstream]]
        name = "other"
        url = "\(upstream.url)"
        """.write(toFile: path, atomically: true, encoding: .utf8)
        let result = try mirror.sync()
        #expect(result.exitCode == 0, "\(result)")
        #expect(
            result.report.texts("warnings") == ["[[upstream]] projects (larder.toml:6): 'compnay-*' matches no project"]
        )
    }

    @Test("A digest that upstream does not name is matched all the same, as soon as the file is here")
    func ownDigest() throws {
        let project = try ScriptedProject("demo")
        upstream.publish([project])
        let file: [String: Any] = [
            "filename": project.files[0].filename, "url": "../../files/\(project.files[0].path)", "hashes": [:],
        ]
        let page: [String: Any] = ["meta": ["api-version": "1.0"], "name": "demo", "files": [file]]
        upstream.set("/simple/demo/", .json(page))
        let mirror = try TestMirror(of: upstream.url, projects: ["demo"], configuration: ["retries": "0"])
        try mirror.configure("digests", "[\"sha256:\(project.files[0].claimedDigest)\"]")
        #expect(try warnings(mirror) == [])
        #expect(try mirror.filenames("demo") == [])
        let forecast = try mirror.sync("--dry-run").report
        #expect(forecast.objects("changes.added").isEmpty)
        #expect(forecast.int("projects.changed") == 0)
    }
}
