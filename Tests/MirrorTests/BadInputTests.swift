import Foundation
import SystemPackage
import TestSupport
import Testing

/// Six projects with something wrong among fifty good ones: each is told, and nothing else suffers (I4, I7, I9).
@Suite("Bad input") struct BadInputTests {
    private let upstream = ScriptedUpstream()
    private let good: [ScriptedProject]
    private let mirror: TestMirror

    /// Sets up an upstream with everything that can be wrong, and a mirror of it that has nothing yet.
    init() throws {
        good = try .good(50)
        upstream.publish(good + (try Self.odd()))
        try Self.breakThings(upstream)
        mirror = try TestMirror(of: upstream.url, configuration: ["retries": "1"])
    }

    private static let oddNames = [
        "hostile-name", "late-serial", "missing-file", "not-json", "unavailable", "wrong-digest",
    ]

    private static func odd() throws -> [ScriptedProject] { try oddNames.map { try ScriptedProject($0) } }

    private static func breakThings(_ upstream: ScriptedUpstream) throws {
        var wrong = try ScriptedProject("wrong-digest")
        wrong.files[0].claimedDigest = String(repeating: "ab", count: 32)
        upstream.publish(wrong)
        upstream.remove("/files/missing_file-1.0-py3-none-any.whl")
        upstream.set("/simple/unavailable/", .failing("503 Service Unavailable"))
        let type = "Content-Type: application/vnd.pypi.simple.v1+json"
        upstream.set("/simple/not-json/", .init(headers: [type], body: Array("<html>oops".utf8)))
        var hostile = try ScriptedProject("hostile-name")
        for name in ["../../../evil-1.0-py3-none-any.whl", "evil\u{1B}[2J-1.0-py3-none-any.whl"] {
            hostile.files.append(try .init(filename: name, bytes: Array("evil".utf8)))
        }
        upstream.publish(hostile)
        let late = try ScriptedProject("late-serial")
        let all = try .good(50) + odd()
        upstream.list(all, serials: [late.name: 9])
    }

    @Test("13, 61: Each failure is listed with its reason, and the next sync repairs what upstream repaired")
    func failuresAndRepair() throws {
        let first = try mirror.sync()
        #expect(first.exitCode == 3, "\(first)")
        #expect(first.report.text("outcome") == "partial")
        try expectFailures(first.report)
        try expectGoodProjects()
        try expectNothingBadOnPages(
            allowed: good.flatMap(\.files).map(\.filename) + [
                "hostile_name-1.0-py3-none-any.whl"
            ]
        )
        let verification = try mirror.verify()
        #expect(verification.exitCode == 0, "\(verification)")

        var late = try ScriptedProject("late-serial")
        late.serial = 9
        upstream.publish(
            try ["missing-file", "not-json", "unavailable", "wrong-digest"].map { try ScriptedProject($0) }
        )
        upstream.publish(late)
        upstream.list(try good + Self.odd(), serials: [late.name: 9])
        // The hostile names are still there, and were told once.
        let second = try mirror.sync()
        #expect(second.exitCode == 0, "\(second)")
        #expect(second.report.failures.isEmpty)
        for name in Self.oddNames {
            let filename = "\(name.replacing("-", with: "_"))-1.0-py3-none-any.whl"
            #expect(try mirror.filenames(name) == [filename])
        }
        #expect(try Set(mirror.listedProjects()) == Set(good.map(\.name) + Self.oddNames))
        #expect(try mirror.verify().exitCode == 0)
    }

    private func expectFailures(_ report: Report) throws {
        #expect(Set(report.failures.compactMap { $0.text("project") }) == Set(Self.oddNames))
        let expected: [(project: String, file: String?, reason: String)] = [
            ("wrong-digest", "wrong_digest-1.0-py3-none-any.whl", String(repeating: "ab", count: 32)),
            ("missing-file", "missing_file-1.0-py3-none-any.whl", "404"),
            ("unavailable", nil, "503"), ("not-json", nil, "JSON"), ("late-serial", nil, "serial 1, though 9"),
        ]
        for (project, file, reason) in expected {
            let failures = report.failures(of: project)
            #expect(failures.count == 1, "\(project)")
            let failure = try #require(failures.first)
            #expect(failure.text("file") == file)
            #expect(failure.text("reason")?.contains(reason) == true, "\(failure)")
            #expect(failure.text("url")?.hasPrefix("http://127.0.0.1:") == true)
        }
        #expect(report.failures(of: "unavailable").first?.int("attempts") == 2)
        let refusals = report.failures(of: "hostile-name")
        #expect(refusals.count == 2)
        #expect(refusals.allSatisfy { $0.text("reason")?.hasPrefix("refused") == true })
        #expect(report.int("projects.failed") == 2)
        #expect(report.int("projects.deferred") == 1)
        #expect(report.int("files.refused") == 2)
        #expect(report.int("files.failed") == 2)
    }

    private func expectGoodProjects() throws {
        for project in good {
            #expect(try mirror.filenames(project.name) == project.files.map(\.filename))
            for file in project.files {
                let path = try #require(try mirror.page(project.name).objects("files").first?.text("url"))
                #expect(try mirror.contents("simple/\(project.name)/\(path)") == file.bytes)
                let html = String(decoding: try mirror.contents("simple/\(project.name)/index.html"), as: UTF8.self)
                #expect(html.contains("#sha256=\(file.claimedDigest)"))
            }
        }
        #expect(try Set(mirror.listedProjects()).isSuperset(of: good.map(\.name)))
        guard Python.environment != nil else { return }
        let target = mirror.folder.path.appending("installed")
        try Python.pipInstall(["good-07"], from: "file://\(mirror.root)/web/simple/", into: target)
        #expect(try Python.run("import good_07; print(good_07.__version__)", with: target) == "1.0\n")
    }

    private func expectNothingBadOnPages(allowed: [String]) throws {
        let projects = try FileManager.default.contentsOfDirectory(atPath: "\(mirror.root)/web/simple")
            .filter { !$0.hasPrefix("index.") && $0 != "generation.json" }
        #expect(projects.count >= 51)
        for project in projects {
            #expect(try Set(mirror.filenames(project)).isSubset(of: allowed), "\(project)")
            let html = String(decoding: try mirror.contents("simple/\(project)/index.html"), as: UTF8.self)
            #expect(!html.contains("evil") && !html.contains("\u{1B}"))
        }
        let paths = try FileManager.default.subpathsOfDirectory(atPath: mirror.folder.path.string)
        #expect(!paths.contains { $0.contains("evil") })
        let outside = try FileManager.default.contentsOfDirectory(atPath: mirror.folder.path.string)
        #expect(Set(outside).isSubset(of: ["mirror", "installed"]))
    }
}
