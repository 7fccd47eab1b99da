import DemoUpstream
import Foundation
import SystemPackage
import TestSupport
import Testing

/// What is needed by what is selected, through sync, tree, answers and clients.
@Suite("Dependency closure") struct ClosureTests: ClosureSuite {
    typealias Release = ScriptedProject.Release

    let upstream = ScriptedUpstream()

    @Test("newest: a chain with markers, extras and a cycle; the second sync asks for pages on condition alone")
    func chain() throws {
        let projects = [
            try project("app", ("1.0", ["old"]), ("2.0", ["web[fast]>=1,<3", "win-thing; sys_platform == 'win32'"])),
            try project(
                "web",
                ("1.0", []),
                ("2.5", ["app", "speed; extra == 'fast'", "docs; extra == 'doc'"]),
                ("3.0", [])
            ),
            try project("speed", ("1.0", []), ("1.1", [])),
            try project("old", ("1.0", [])), try project("win-thing", ("1.0", [])), try project("docs", ("1.0", [])),
        ]
        let mirror = try mirror(projects, of: ["app"])
        let forecast = try synced(mirror, "--dry-run")
        #expect(
            forecast.objects("changes.added").map { "\($0.text("cause") ?? "") \($0.int("files") ?? 0)" }
                == ["[select] closure 2", "new projects 1"]
        )
        #expect(!FileManager.default.fileExists(atPath: mirror.root.appending("closure.json").string))

        let report = try synced(mirror)
        #expect(try mirror.listedProjects() == ["app", "speed", "web"])
        #expect(try mirror.filenames("app") == ["app-2.0-py3-none-any.whl"])
        #expect(try mirror.filenames("web") == ["web-2.5-py3-none-any.whl"])
        #expect(try mirror.filenames("speed") == ["speed-1.1-py3-none-any.whl"])
        #expect(report.int("closure.dependencies") == 2 && report.int("closure.releases") == 3)
        #expect(report.texts("closure.environments") == ["python 3.12 on linux"])
        #expect(report.texts("warnings").isEmpty)
        #expect(
            !upstream.requestedPaths.contains("/simple/win-thing/")
                && !upstream.requestedPaths.contains("/simple/docs/")
        )
        #expect(try mirror.verify().exitCode == 0)

        let why = try mirror.run("why", "web").output
        #expect(why.contains("asked for by [select] closure (needed by app 2.0 in python 3.12 on linux)"), "\(why)")
        #expect(why.contains("web-2.5-py3-none-any.whl: here, as upstream's digest says; needed by app 2.0 in "))
        #expect(why.contains("web-3.0-py3-none-any.whl: excluded: not asked for, by [select] closure (larder.toml:"))

        let digest = try mirror.treeDigest
        let again = try requests { _ = try synced(mirror) }
        #expect(again == ["? /simple/app/", "? /simple/speed/", "? /simple/web/"])
        #expect(try mirror.treeDigest == digest)
        // One of them alone, by name.
        #expect(try synced(mirror, "web").int("projects.selected") == 1)
        #expect(try mirror.filenames("web") == ["web-2.5-py3-none-any.whl"])
        #expect(try mirror.run("sync", "docs").exitCode == 64)
    }

    @Test("A change reconciles in both directions: what nobody needs any more leaves, and what is unknown does not")
    func reconcile() throws {
        let others = [try project("web", ("1.0", []), ("2.0", [])), try project("text", ("1.0", []))]
        let mirror = try mirror([try project("app", ("1.0", ["web<2"]))] + others, of: ["app"])
        _ = try synced(mirror)
        #expect(try mirror.filenames("web") == ["web-1.0-py3-none-any.whl"])
        let next = try project("app", ("1.0", ["web<2"]), ("2.0", ["web", "text"]))
        upstream.publish([next] + others)
        _ = try synced(mirror)
        #expect(try mirror.filenames("web") == ["web-2.0-py3-none-any.whl"])
        #expect(try mirror.listedProjects() == ["app", "text", "web"])

        // A page and metadata that cannot be had: nothing leaves, though nobody seems to need it.
        let last = try project("app", ("1.0", ["web<2"]), ("2.0", ["web", "text"]), ("3.0", []))
        upstream.publish([last] + others)
        upstream.set("/files/app-3.0-py3-none-any.whl.metadata", .failing("500 Internal Server Error"))
        upstream.set("/files/app-3.0-py3-none-any.whl", .failing("500 Internal Server Error"))
        let failed = try mirror.sync()
        #expect(failed.exitCode == 3)
        #expect(
            failed.report.failures.map { $0.text("file") } == ["app-3.0-py3-none-any.whl"]
        )
        #expect(failed.report.texts("warnings").contains { $0.hasPrefix("not everything that may be needed") })
        #expect(try mirror.listedProjects() == ["app", "text", "web"])
        #expect(try mirror.filenames("web") == ["web-2.0-py3-none-any.whl"])

        upstream.publish([last] + others)
        let forecast = try synced(mirror, "--dry-run")
        #expect(forecast.int("projects.removed") == 2)
        #expect(try synced(mirror).int("projects.removed") == 2)
        #expect(try mirror.listedProjects() == ["app"])
        #expect(try mirror.verify().exitCode == 0)

        // Without closure, all of what is named is kept again.
        try mirror.configure("closure", "\"all-compatible\"")
        _ = try synced(mirror)
        #expect(try mirror.filenames("app").count == 3)
        #expect(try mirror.filenames("web").count == 2)
    }

    @Test("Metadata comes from wheels and sdists where there is no sidecar; what they do not say is told once")
    func sources() throws {
        let projects = [
            try project("app", ("1.0", ["plain", "static", "dynamic", "foreign", "gone"])),
            try ScriptedProject("plain", [Release(version: "1.0", requires: ["leaf"], hasSidecar: false)]),
            try ScriptedProject(
                "static",
                [Release(version: "1.0", requires: ["twig"], tags: nil, metadataVersion: "2.2")]
            ),
            try ScriptedProject("dynamic", [Release(version: "1.0", requires: ["hidden"], tags: nil)]),
            try ScriptedProject("foreign", [Release(version: "1.0", tags: "cp312-cp312-win_amd64")]),
            try project("leaf", ("1.0", [])), try project("twig", ("1.0", [])), try project("hidden", ("1.0", [])),
        ]
        let mirror = try mirror(projects, of: ["app"])
        let report = try synced(mirror, exitCode: 3)
        #expect(try mirror.listedProjects() == ["app", "dynamic", "leaf", "plain", "static", "twig"])
        let warnings = report.texts("warnings")
        let need = "needed by app 1.0 in python 3.12 on linux"
        #expect(warnings.contains { $0.hasPrefix("what dynamic 1.0 needs cannot be known: its sdist does not say") })
        #expect(warnings.contains { $0.hasPrefix("static 1.0 has no wheel for python 3.12 on linux: ") })
        let failures = report.failures.map { "\($0.text("project") ?? ""): \($0.text("reason") ?? "")" }
        #expect(
            failures == [
                "app: in python 3.12 on linux: no set of releases can be installed: nothing of foreign for app 1.0",
                "foreign: no release can be had, \(need): no file of 1.0 is for that Python and platform",
                "gone: \(need): upstream has no such project",
            ]
        )
        #expect(Set(warnings).count == warnings.count)

        // All of it is known: only pages are asked for, and the same is told.
        var told: [String] = []
        let again = try requests { told = try synced(mirror, exitCode: 3).texts("warnings") }
        #expect(told == warnings)
        #expect(again.allSatisfy { $0.contains("/simple/") })
        #expect(again.filter { !$0.hasPrefix("? ") } == ["/simple/foreign/", "/simple/gone/"])
    }

    @Test("all-compatible: every release that satisfies, of every release, in every environment")
    func allCompatible() throws {
        let versions = (1...12).map { "1.\($0)" }
        var projects = [
            try project("app", ("1.0", ["lib<1.4"]), ("2.0", ["lib>=1.10", "nt; os_name == 'nt'"])),
            try ScriptedProject("lib", versions.map { Release(version: $0, requires: ["leaf!=1.2"]) }),
            try project("nt", ("1.0", []), ("2.0", [])),
        ]
        projects.append(try ScriptedProject("leaf", ["1.1", "1.2", "1.3"].map { Release(version: $0) }))
        let environments =
            "[{ python = \"3.12\", platform = \"linux\" }, { python = \"3.11\", platform = \"windows\" }]"
        let mirror = try mirror(projects, of: ["app"], "all-compatible", environments)
        let report = try synced(mirror)
        #expect(try mirror.filenames("app").count == 2)
        let kept = try mirror.filenames("lib").map { $0.split(separator: "-")[1] }
        #expect(kept == ["1.1", "1.2", "1.3", "1.10", "1.11", "1.12"])
        #expect(try mirror.filenames("leaf").count == 2)
        #expect(try mirror.filenames("nt").count == 2)
        #expect(report.int("closure.releases") == 12)
        // Exclusions hold, and what is then missing is told.
        try mirror.configure("releases", "[\"lib>=1.10\"]", in: "[select.exclude]")
        let without = try synced(mirror)
        #expect(try mirror.filenames("lib").count == 3)
        #expect(
            without.texts("warnings").contains {
                $0.hasPrefix("lib: no release >=1.10 can be had, needed by app 2.0 in ")
                    && $0.contains(" is left out by [select.exclude] releases (larder.toml:")
            },
            "\(without.texts("warnings"))"
        )
        #expect(try mirror.verify().exitCode == 0)
    }

    @Test("Patterns are roots too, each with its newest, and blocked dependencies stay off")
    func openSelection() throws {
        let projects = [
            try project("web-one", ("1.0", []), ("2.0", ["lib", "evil"])), try project("web-two", ("1.0", ["lib<2"])),
            try project("lib", ("1.0", []), ("2.0", [])), try project("evil", ("1.0", [])),
            try project("other", ("1.0", [])),
        ]
        let mirror = try mirror(projects, of: ["web-two"])
        try mirror.configure("projects", "[\"web-*\"]")
        try mirror.configure("projects", "[\"evil\"]", in: "[policy.blocked]")
        let report = try synced(mirror)
        #expect(try mirror.listedProjects() == ["lib", "web-one", "web-two"])
        // The newest cannot be installed without what is blocked; the one before it can.
        #expect(
            try mirror.filenames("web-one") == ["web_one-1.0-py3-none-any.whl", "web_one-2.0-py3-none-any.whl"]
        )
        #expect(try mirror.filenames("lib").count == 2)
        #expect(
            report.texts("warnings").contains {
                $0.hasPrefix("evil: needed by web-one 2.0") && $0.contains("blocked by")
            }
        )
        // With a root list that has not changed nothing but the list is asked for.
        let again = try requests { _ = try synced(mirror) }
        #expect(again == ["? /simple/"], "\(again)")
        #expect(try mirror.listedProjects() == ["lib", "web-one", "web-two"])
    }

    @Test("Requirement files are roots with their specifiers, constraints, extras and markers")
    func requirementFiles() throws {
        let projects = [
            try project("app", ("1.0", []), ("2.0", ["lib", "fast; extra == 'speed'"]), ("2.5", []), ("3.0", [])),
            try project("lib", ("1.0", [])), try project("fast", ("1.0", [])), try project("named", ("1.0", [])),
            try project("tool", ("1.0", ["never"]), ("1.1", ["never"])), try project("never", ("1.0", [])),
        ]
        let mirror = try mirror(projects, of: ["named"])
        let text = "app[speed]>=2\n-c limits.txt\ntool; sys_platform == 'win32'\n"
        try text.write(toFile: mirror.root.appending("all.txt").string, atomically: true, encoding: .utf8)
        let limits = mirror.root.appending("limits.txt").string
        try "app<2.5\n".write(toFile: limits, atomically: true, encoding: .utf8)
        try mirror.configure("requirements", "[\"all.txt\"]")
        _ = try synced(mirror)
        #expect(try mirror.filenames("app") == ["app-2.0-py3-none-any.whl"])
        #expect(try mirror.filenames("tool") == [])
        #expect(try mirror.listedProjects() == ["app", "fast", "lib", "named", "tool"])
        let why = try mirror.run("why", "fast").output
        #expect(why.contains("needed by app 2.0 in python 3.12 on linux"), "\(why)")
    }

    @Test("A dependency comes from the upstream that claims it, and from no other")
    func claims() throws {
        let company = ScriptedUpstream()
        company.publish([try project("company-app", ("1.0", ["company-lib", "six", "stray"]))])
        upstream.publish([
            try project("six", ("1.0", [])), try project("company-lib", ("9.0", [])), try project("stray", ("1.0", [])),
        ])
        let mirror = try mirror([], of: ["company-app"])
        let path = mirror.root.appending("larder.toml").string
        try """
        [[upstream]]
        name = "company"
        url = "\(company.url)"
        projects = ["company-*"]
        retries = 0
        [[upstream]]
        name = "public"
        url = "\(upstream.url)"
        projects = ["six"]
        retries = 0
        [select]
        closure = "newest"
        environments = \(ClosureEnvironments.linux)
        """.write(toFile: path, atomically: true, encoding: .utf8)
        let report = try synced(mirror, exitCode: 3)
        #expect(try mirror.listedProjects() == ["company-app", "six"])
        let need = "needed by company-app 1.0 in python 3.12 on linux"
        let failures = report.failures(of: "company-lib")
        #expect(failures.map { $0.text("reason") } == ["\(need): upstream has no such project"])
        let warnings = report.texts("warnings")
        #expect(warnings.contains("stray: \(need): no [[upstream]] claims it"), "\(warnings)")
        #expect(!upstream.requestedPaths.contains("/simple/company-lib/"))
        #expect(!upstream.requestedPaths.contains("/simple/stray/"))
    }
}
