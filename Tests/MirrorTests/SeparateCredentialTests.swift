import Foundation
import SystemPackage
import TestSupport
import Testing

/// Who we are to one upstream is no business of another.
@Suite("Credentials of several upstreams") struct SeparateCredentialTests {
    private let company = ScriptedUpstream()
    private let index = ScriptedUpstream()

    private var both: [NamedUpstream] {
        [
            NamedUpstream(
                name: "company",
                url: company.url,
                projects: ["company-*"],
                settings: "headers = { \"X-Team\" = \"company-only\" }\n"
            ),
            NamedUpstream(name: "public", url: index.url),
        ]
    }

    private func expectSeparate(_ header: String, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(!company.requests.isEmpty && !index.requests.isEmpty, sourceLocation: sourceLocation)
        let companys = company.requests.allSatisfy {
            $0.header("Authorization") == header && $0.header("X-Team") == "company-only"
        }
        #expect(companys, sourceLocation: sourceLocation)
        let others = index.requests.allSatisfy { $0.header("Authorization") == nil && $0.header("X-Team") == nil }
        #expect(others, sourceLocation: sourceLocation)
    }

    private func publish() throws {
        company.publish(try .good(2, prefix: "company"))
        index.publish(try .good(2))
    }

    private func secret(_ text: String, of mirror: TestMirror) throws {
        let path = mirror.root.appending("upstream.secret").string
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    }

    @Test("Those of upstream.secret go to their own origin only")
    func secretFile() throws {
        try publish()
        let mirror = try TestMirror(of: both)
        try secret("[company]\nusername = \"mirror\"\npassword = \"hunter2\"\n", of: mirror)
        let sync = try mirror.sync("-v")
        #expect(sync.exitCode == 0, "\(sync)")
        expectSeparate(basic("mirror", "hunter2"))
        try mirror.expectNoTrace(of: ["hunter2"], after: sync)
    }

    @Test("Those of the environment go to their own origin only")
    func environment() throws {
        try publish()
        let variables = ["LARDER_UPSTREAM_COMPANY_TOKEN": "hunter2"]
        let mirror = try TestMirror(of: both, environment: Larder.environment.merging(variables) { $1 })
        let sync = try mirror.sync()
        #expect(sync.exitCode == 0, "\(sync)")
        expectSeparate("Bearer hunter2")
        let plain = ["LARDER_UPSTREAM_TOKEN": "hunter2"]
        let refused = try Larder.run(
            ["sync", "--root", mirror.root.string],
            environment: Larder.environment.merging(plain) { $1 }
        )
        #expect(refused.exitCode == 64, "\(refused)")
        #expect(refused.errors.contains("there are several upstreams"))
    }

    @Test("Pages of one that lead to the other take nothing along")
    func crossedPages() throws {
        try publish()
        // The company's page names a file on the other host, and the other way round.
        func crossed(_ project: ScriptedProject, to other: ScriptedUpstream) -> ScriptedUpstream.Reply {
            let page = String(decoding: project.page.body, as: UTF8.self)
                .replacingOccurrences(of: "..\\/..\\/files", with: other.url(of: "/files"))
            return .init(headers: ["Content-Type: application/vnd.pypi.simple.v1+json"], body: Array(page.utf8))
        }
        let (own, foreign) = (try ScriptedProject("company-00"), try ScriptedProject("good-00"))
        index.publish(own)
        company.publish(foreign)
        company.set("/simple/company-00/", crossed(own, to: index))
        index.set("/simple/good-00/", crossed(foreign, to: company))
        let mirror = try TestMirror(of: both, projects: ["company-00", "good-00"])
        try secret("[company]\ntoken = \"hunter2\"\n", of: mirror)
        let sync = try mirror.sync()
        #expect(sync.exitCode == 0, "\(sync)")
        let files = company.requests.filter { $0.path.hasPrefix("/files/") }
        #expect(!files.isEmpty && files.allSatisfy { $0.header("Authorization") == nil })
        #expect(index.requests.allSatisfy { $0.header("Authorization") == nil })
    }

    @Test("A fetch is signed in as the upstream of the URL's origin, and elsewhere as nobody")
    func fetch() throws {
        try publish()
        let third = ScriptedUpstream()
        third.publish(try ScriptedProject("third"))
        let mirror = try TestMirror(of: both)
        try secret("[company]\ntoken = \"hunter2\"\n[public]\nusername = \"me\"\n", of: mirror)
        func url(_ upstream: ScriptedUpstream, _ name: String) throws -> String {
            upstream.url(of: "/files/\(try ScriptedProject(name).files[0].filename)")
        }
        let result = try mirror.run(
            "fetch",
            try url(company, "company-00"),
            try url(index, "good-00"),
            try url(third, "third"),
            "--directory",
            mirror.folder.path.appending("fetched").string
        )
        #expect(result.exitCode == 0, "\(result)")
        #expect(company.requests.map { $0.header("Authorization") } == ["Bearer hunter2"])
        #expect(index.requests.map { $0.header("Authorization") } == [basic("me", "")])
        #expect(third.requests.map { $0.header("Authorization") } == [nil])
    }

    @Test("Of trees on one machine, a fetch reads within the one that holds the file")
    func localTrees() throws {
        let folder = try TemporaryFolder()
        let trees = ["one", "two"].map { folder.path.appending($0) }
        for tree in trees {
            for name in ["simple", "packages"] {
                let path = tree.appending(name).string
                try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            }
            let file = tree.appending("packages").appending("\(tree.lastComponent?.string ?? "").txt").string
            try "text".write(toFile: file, atomically: true, encoding: .utf8)
        }
        let mirror = try TestMirror(of: [
            NamedUpstream(name: "one", url: "file://\(trees[0])/simple/", projects: ["a"]),
            NamedUpstream(name: "two", url: "file://\(trees[1])/simple/"),
        ])
        let urls = ["file://\(trees[0])/packages/one.txt", "file://\(trees[1])/packages/two.txt"]
        let result = try mirror.run("fetch", urls[0], urls[1], "--directory", folder.path.appending("got").string)
        #expect(result.exitCode == 0, "\(result)")
    }

    @Test("A repair asks the upstream that claims the project")
    func repair() throws {
        try publish()
        let mirror = try TestMirror(of: both)
        try secret("[company]\ntoken = \"hunter2\"\n", of: mirror)
        #expect(try mirror.sync().exitCode == 0)
        for (project, prefix) in [("company-00", "company_00"), ("good-00", "good_00")] {
            let path = try mirror.object(of: "\(prefix)-1.0-py3-none-any.whl", in: project).string
            try FileManager.default.removeItem(atPath: path)
        }
        let before = (company.requests.count, index.requests.count)
        let repaired = try mirror.verify("--repair")
        #expect(repaired.exitCode == 8, "\(repaired)")
        #expect(company.requests.count == before.0 + 1 && index.requests.count == before.1 + 1)
        expectSeparate("Bearer hunter2")
        #expect(try mirror.verify().exitCode == 0)
    }
}
