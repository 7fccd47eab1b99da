import DemoUpstream
import Foundation
import Logging
import Mirror
import Packaging
import Scheduling
import SystemPackage
import TestSupport
import Testing

/// What is kept, by configuration, through sync, tree and answers.
@Suite("Selection") struct SelectionTests {
    private let upstream = ScriptedUpstream()

    private func mirror(_ projects: [ScriptedProject], of names: [String] = []) throws -> TestMirror {
        upstream.publish(projects)
        return try TestMirror(of: upstream.url, projects: names, configuration: ["retries": "0"])
    }

    private func synced(_ mirror: TestMirror, _ arguments: String...) throws -> Report {
        let result = try Larder.run(["sync", "--json", "--root", mirror.root.string] + arguments)
        #expect(result.exitCode == 0, "\(result)")
        return result.report
    }

    @Test("Patterns select what the list has, exclusions take of it")
    func patterns() throws {
        let projects = try ["web-one", "web-two", "web-old", "other"].map { try ScriptedProject($0) }
        let mirror = try mirror(projects, of: ["other"])
        try mirror.configure("projects", "[\"Web.*\", \"none-*\"]")
        try mirror.configure("projects", "[\"*-old\"]", in: "[select.exclude]")
        _ = try synced(mirror)
        #expect(try mirror.listedProjects() == ["other", "web-one", "web-two"])
        let why = try mirror.run("why", "web-old", "--json").report
        #expect(why.text("state") == "excluded")
        #expect(try #require(why.text("reason")).contains("excluded by [select.exclude] projects (larder.toml:"))
        #expect(try mirror.run("sync", "web-old").exitCode == 64)

        // In both directions.
        try mirror.configure("projects", "[\"*-two\"]", in: "[select.exclude]")
        #expect(try synced(mirror).int("projects.removed") == 1)
        #expect(try mirror.listedProjects() == ["other", "web-old", "web-one"])
        #expect(try mirror.filenames("web-two") == [])
        #expect(try mirror.verify().exitCode == 0)
    }

    @Test("Only files that one of the environments can install are kept, with closure and without")
    func environments() throws {
        var project = try ScriptedProject("demo", versions: ["1.0", "2.0"], kinds: [.wheel, .sdist])
        let names = [
            "demo-2.0-cp312-cp312-manylinux_2_17_x86_64.whl", "demo-2.0-cp313-cp313-manylinux_2_17_x86_64.whl",
            "demo-2.0-cp39-abi3-win_amd64.whl", "demo-2.0-cp312-cp312-win32.whl", "demo-1.0-py2-none-any.whl",
            "demo-1.0-py3.12.egg", "demo-1.0.win32.exe",
        ]
        project.files += try names.map { try ScriptedProject.File(filename: $0, bytes: [UInt8]($0.utf8)) }
        let mirror = try mirror([project], of: ["demo"])
        try mirror.configure("environments", "[{ python = \"3.12\", platform = \"linux\" }]")
        try mirror.configure("other-environments", "true", in: "[select.exclude]")
        _ = try synced(mirror)
        let everywhere = ["demo-2.0-py3-none-any.whl", "demo-2.0.tar.gz"]
        let old = ["demo-1.0-py3-none-any.whl", "demo-1.0.tar.gz"]
        #expect(try mirror.filenames("demo").sorted() == (old + everywhere + [names[0]]).sorted())
        let why = try mirror.run("why", "demo", names[2]).output
        #expect(
            why.contains("excluded: for none of the environments, by [select.exclude] other-environments (larder.toml:")
        )

        // Another environment is another selection.
        try mirror.configure("environments", "[{ python = \"3.13\", platform = \"windows\" }]")
        try mirror.configure("closure", "\"newest\"")
        _ = try synced(mirror)
        #expect(try mirror.filenames("demo").sorted() == (everywhere + [names[2]]).sorted())
        #expect(try mirror.verify().exitCode == 0)
    }

    @Test("Files are left out by rules that are named, and come back without a download")
    func rules() throws {
        var project = try ScriptedProject("demo", versions: ["1.0", "2.0", "3.0a1"], kinds: [.wheel, .sdist])
        project.files[0].isYanked = true
        let mirror = try mirror([project], of: ["demo"])
        _ = try synced(mirror)
        #expect(try mirror.filenames("demo").count == 6)

        try mirror.configure("kinds", "[\"sdist\"]", in: "[select.exclude]")
        try mirror.configure("prereleases", "false")
        try mirror.configure("yanked", "false")
        let forecast = try synced(mirror, "--dry-run")
        #expect(try mirror.filenames("demo").count == 6)
        let causes = forecast.objects("changes.withdrawn").map { "\($0.text("cause") ?? "") \($0.int("files") ?? 0)" }
        #expect(causes == ["[select.exclude] kinds 3", "[select] prereleases 1", "[select] yanked 1"])
        #expect(forecast.objects("changes.withdrawn").allSatisfy { ($0.int("freed") ?? 0) > 0 })
        let text = try mirror.run("sync", "--dry-run").output
        #expect(text.contains("- [select.exclude] kinds  1 project, 3 files, "), "\(text)")

        let report = try synced(mirror)
        #expect(report.int("files.known") == 5)
        #expect(try mirror.filenames("demo") == ["demo-2.0-py3-none-any.whl"])
        let why = try mirror.run("why", "demo", "demo-3.0a1-py3-none-any.whl", "--json").report
        let file = try #require(why.objects("files").first)
        #expect(file.text("state") == "excluded")
        #expect(
            try #require(file.text("reason")).hasPrefix("excluded: a prerelease, by [select] prereleases (larder.toml:")
        )
        let listed = try #require(try mirror.run("list", "--json").report.objects("projects").first)
        #expect(listed.int("excludedFiles") == 5)
        #expect(try mirror.run("status", "--json").report.int("excludedFiles") == 5)

        try mirror.configure("kinds", "[\"egg\"]", in: "[select.exclude]")
        let back = try synced(mirror)
        #expect(back.int("requests.files") == 0)
        #expect(back.texts("warnings").contains { $0.hasPrefix("[select.exclude] kinds (larder.toml:") })
        #expect(try mirror.filenames("demo").count == 3)
    }

    @Test("What is too large is left out, and told once")
    func sizes() throws {
        let project = try ScriptedProject("demo", versions: ["1.0"], kinds: [.wheel, .sdist])
        let mirror = try mirror([project], of: ["demo"])
        try mirror.configure("max-file-size", "1")
        let report = try synced(mirror)
        #expect(report.objects("drops").map { $0.text("file") } == project.files.map(\.filename))
        #expect(
            try #require(report.objects("drops").first?.text("reason")).contains(
                "more than 1, by [select] max-file-size"
            )
        )
        #expect(try synced(mirror).objects("drops").isEmpty)
        #expect(try mirror.filenames("demo") == [])
    }

    @Test("A project of which only metadata is kept has a page without files")
    func metadataOnly() throws {
        let mirror = try mirror([try ScriptedProject("demo"), try ScriptedProject("six")], of: ["demo", "six"])
        try mirror.configure("metadata-only", "[\"de*\"]")
        #expect(try synced(mirror).int("files.downloaded") == 1)
        #expect(try mirror.filenames("demo") == [])
        #expect(try mirror.listedProjects() == ["demo", "six"])
    }

    @Test("A blocked project leaves at once, though upstream does not answer, and keeps a page that lists nothing")
    func blocked() throws {
        let projects: [ScriptedProject] = try .good(3)
        let mirror = try mirror(projects, of: projects.map(\.name))
        _ = try synced(mirror)
        try mirror.configure("projects", "[\"good-01\", \"never-heard-of\"]", in: "[policy.blocked]")
        for project in projects { upstream.set("/simple/\(project.name)/", .failing("503 Service Unavailable")) }
        let result = try mirror.sync()
        #expect(result.exitCode != 0)
        #expect(try mirror.filenames("good-01") == [])
        #expect(try mirror.filenames("never-heard-of") == [])
        #expect(try mirror.listedProjects() == ["good-00", "good-02"])
        #expect(try mirror.run("why", "good-01", "--json").report.text("state") == "blocked")
        #expect(try mirror.verify().exitCode == 0)

        upstream.publish(projects)
        #expect(try synced(mirror).texts("blocked").isEmpty)
        #expect(try mirror.listedProjects() == ["good-00", "good-02"])
        try mirror.configure("projects", "[\"never-heard-of\"]", in: "[policy.blocked]")
        #expect(try synced(mirror).int("requests.files") == 0)
        #expect(try mirror.listedProjects() == projects.map(\.name))
    }

    @Test("Blocked releases and digests leave with the next publication, without the network")
    func blockedFiles() throws {
        let project = try ScriptedProject("demo", versions: ["1.0", "1.1", "1.2"])
        let mirror = try mirror([project, try ScriptedProject("six")], of: ["demo", "six"])
        _ = try synced(mirror)
        let requests = upstream.requests.count
        try mirror.configure("releases", "[\"demo==1.1\"]", in: "[policy.blocked]")
        try mirror.configure("digests", "[\"sha256:\(project.files[2].claimedDigest)\"]")
        #expect(try mirror.run("publish").exitCode == 0)
        #expect(upstream.requests.count == requests)
        #expect(try mirror.filenames("demo") == ["demo-1.0-py3-none-any.whl"])
        #expect(try mirror.verify().exitCode == 0)
        // Nor does a sync bring it back.
        _ = try synced(mirror)
        #expect(try mirror.filenames("demo") == ["demo-1.0-py3-none-any.whl"])
        let why = try mirror.run("why", "demo", "demo-1.1-py3-none-any.whl").output
        #expect(why.contains("of the releases demo==1.1, by [policy.blocked] releases (larder.toml:"), "\(why)")
        try mirror.configure("releases", "[\"demo==9\"]", in: "[policy.blocked]")
        #expect(try synced(mirror).int("requests.files") == 0)
        #expect(try mirror.filenames("demo").count == 2)
    }

    @Test("Young files are had and withheld until they are old enough, but for exceptions")
    func minimumAge() async throws {
        var (demo, six) = (try ScriptedProject("demo", versions: ["1.0", "2.0"]), try ScriptedProject("six"))
        let now = Clock.now()
        demo.files[1].uploadTime = Self.text(now - 86_400)
        six.files[0].uploadTime = Self.text(now)
        let mirror = try mirror([demo, six], of: ["demo", "six"])
        try mirror.configure("minimum-age", "\"7d\"")
        try mirror.configure("minimum-age-exceptions", "[\"si*\"]")
        let report = try synced(mirror)
        #expect(report.int("files.downloaded") == 3)
        #expect(report.int("files.withheld") == 1)
        #expect(try mirror.filenames("demo") == ["demo-1.0-py3-none-any.whl"])
        #expect(try mirror.filenames("six").count == 1)
        let file = try #require(
            try mirror.run("why", "demo", "demo-2.0-py3-none-any.whl", "--json").report.objects("files").first
        )
        #expect(file.text("state") == "withheld")
        #expect(file.text("until") == String(Self.text(now + 6 * 86_400).prefix(10)))
        #expect(try mirror.verify().exitCode == 0)
        #expect(try mirror.run("status", "--json").report.int("withheldFiles") == 1)

        // Nothing changed upstream; the time alone.
        let later = try MirrorRoot(at: mirror.root, logger: Logger(label: "test")) { now + 7 * 86_400 }
        let second = try await later.sync()
        #expect(second.outcome == .complete)
        #expect(second.files.downloaded == 0)
        #expect(try mirror.filenames("demo").count == 2)
        #expect(try mirror.verify().exitCode == 0)
    }

    @Test("Requirement files ask for releases and digests, within constraints; what nobody has fails")
    func requirements() throws {
        let versions = ["1.0", "1.1", "2.0"]
        let projects = try ["demo", "six", "idna"].map { try ScriptedProject($0, versions: versions) }
        let mirror = try mirror(projects)
        try mirror.configure("projects", "[]")
        try mirror.folder.write(
            "mirror/web.txt",
            """
            -r more.txt
            -c limits.txt
            demo[fast]>=1.1 ; python_version < "3.0"
            -e ./here
            """
        )
        try mirror.folder.write(
            "mirror/more.txt",
            "six --hash=sha256:\(projects[1].files[0].claimedDigest)\nidna==2.*\n"
        )
        try mirror.folder.write("mirror/limits.txt", "demo<2\nnever-wanted\n")
        try mirror.configure("requirements", "[\"web.txt\"]")
        let report = try synced(mirror)
        #expect(try mirror.listedProjects() == ["demo", "idna", "six"])
        #expect(try mirror.filenames("demo") == ["demo-1.1-py3-none-any.whl"])
        #expect(try mirror.filenames("six") == ["six-1.0-py3-none-any.whl"])
        #expect(try mirror.filenames("idna") == ["idna-2.0-py3-none-any.whl"])
        #expect(
            report.texts("warnings").contains { $0.contains("web.txt:4: './here' is installed from where it lies") }
        )
        let why = try mirror.run("why", "demo", "demo-1.0-py3-none-any.whl").output
        #expect(why.contains("asked for by web.txt (line 3)"), "\(why)")
        #expect(why.contains("excluded: not asked for, by web.txt (line 3)"), "\(why)")

        try mirror.folder.write("mirror/more.txt", "six>=9\nidna\n")
        let result = try mirror.sync()
        #expect(result.exitCode == 3, "\(result)")
        let reason = result.report.failures(of: "six").first?.text("reason")
        #expect(reason == "asked for by more.txt (line 1) and not on upstream's page: no file of six>=9")
        #expect(try mirror.filenames("six") == [])
        #expect(try mirror.filenames("idna").count == 3)
        // Nor does it end well the next time.
        #expect(try mirror.sync().exitCode == 3)

        try mirror.folder.write("mirror/more.txt", "six ==\n")
        let refused = try mirror.run("sync")
        #expect(refused.exitCode == 64)
        #expect(refused.errors.contains("'requirements': "), "\(refused)")
        #expect(try mirror.run("status").exitCode == 0)
    }

    @Test("A lock file selects exactly its files, and says which upstream has no more")
    func lockFile() throws {
        let projects = try ["demo", "six"].map {
            try ScriptedProject($0, versions: ["1.0", "1.1"], kinds: [.wheel, .sdist])
        }
        let mirror = try mirror(projects)
        try mirror.configure("projects", "[]")
        func lock(_ files: [ScriptedProject.File]) -> String {
            let wheels = files.map { file in
                "{ url = \"https://files.example/\(file.filename)\", hash = \"sha256:\(file.claimedDigest)\", size = 1 }"
            }
            return """
                version = 1
                revision = 3
                requires-python = ">=3.12"

                [[package]]
                name = "here"
                version = "0.1.0"
                source = { virtual = "." }

                [[package]]
                name = "demo"
                version = "1.1"
                source = { registry = "https://index.example/simple" }
                wheels = [
                    \(wheels.joined(separator: ",\n    ")),
                ]
                """
        }
        let files = projects[0].files
        try mirror.folder.write("mirror/uv.lock", lock([files[2], files[3]]))
        try mirror.configure("lock-files", "[\"uv.lock\"]")
        _ = try synced(mirror)
        #expect(try mirror.listedProjects() == ["demo"])
        #expect(try mirror.filenames("demo") == [files[2], files[3]].map(\.filename).sorted())

        var gone = files[0]
        gone.filename = "demo-0.9-py3-none-any.whl"
        try mirror.folder.write("mirror/uv.lock", lock([files[0], gone]))
        let result = try mirror.sync()
        #expect(result.exitCode == 3, "\(result)")
        let reason = result.report.failures(of: "demo").first?.text("reason")
        #expect(reason == "asked for by uv.lock (line 10) and not on upstream's page: demo-0.9-py3-none-any.whl")
        #expect(try mirror.filenames("demo") == [files[0].filename])
        #expect(try mirror.verify().exitCode == 0)
    }

    private static func text(_ seconds: Int64) -> String {
        ISO8601DateFormatter().string(from: Date(timeIntervalSince1970: TimeInterval(seconds)))
    }
}
