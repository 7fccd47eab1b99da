import Foundation
import SystemPackage
import TestSupport
import Testing

/// What clients can install from a mirror that follows what is needed, and from nothing else.
@Suite(
    "Installs from closures",
    .enabled(if: NginxServer.program != nil, "nginx is not installed"),
    .enabled(if: Python.environment != nil, "there is no Python")
)
struct ClosureInstallTests: ClosureSuite {
    let upstream = ScriptedUpstream()

    /// This machine's Python, and others.
    private func environments(_ others: String = "") throws -> String {
        "[{ python = \"\(try Python.version)\", platform = \"linux\" }\(others)]"
    }

    @Test("newest: pip and uv install from the mirror alone, also where they have to go back from the newest")
    func newest() throws {
        let projects = [
            try project("app", ("1.0", ["one", "two"])), try project("one", ("1.0", ["lib<3"])),
            try project("two", ("1.0", ["lib"]), ("2.0", ["lib>=3"]), ("3.0", ["lib>=4", "more"])),
            try project("lib", ("1.0", []), ("2.0", []), ("3.0", []), ("4.0", [])), try project("more", ("1.0", [])),
        ]
        let mirror = try mirror(projects, of: ["app"], "newest", try environments())
        let report = try synced(mirror)
        #expect(report.texts("warnings").isEmpty, "\(report.texts("warnings"))")
        #expect(try mirror.filenames("two") == ["two-1.0-py3-none-any.whl", "two-3.0-py3-none-any.whl"])
        let served = try ServedIndex(mirror)
        let outputs = try served.install(
            ["app"],
            andRun: "import app, one, two, lib; print(one.__version__, two.__version__, lib.__version__)"
        )
        #expect(outputs == [String](repeating: "1.0 1.0 2.0\n", count: Python.installers.count))
    }

    @Test("all-compatible: whatever releases somebody pins, as far as they fit, and the oldest as well as the newest")
    func allCompatible() throws {
        var projects = [
            try project("app", ("0.9", ["gone"]), ("1.0", ["lib<2"]), ("2.0", ["lib>=2", "nt; os_name == 'nt'"])),
            try project(
                "lib",
                ("1.0", ["leaf"]),
                ("1.5", ["leaf"]),
                ("2.0", ["leaf"]),
                ("2.5", ["leaf<3"]),
                ("3.0", ["leaf>=2"])
            ),
            try project("leaf", ("1.0", []), ("2.0", []), ("3.0", [])),
        ]
        projects.append(try ScriptedProject("nt", [.init(version: "1.0", tags: "cp311-cp311-win_amd64")]))
        let windows = ", { python = \"3.11\", platform = \"windows\" }"
        let mirror = try mirror(projects, of: ["app"], "all-compatible", try environments(windows))
        // An old release that nobody can install any more is no failure.
        let warnings = try synced(mirror).texts("warnings")
        #expect(
            warnings.count == 1 && warnings.allSatisfy { $0.hasPrefix("gone: needed by app 0.9 in ") },
            "\(warnings)"
        )

        let served = try ServedIndex(mirror)
        let folder = try TemporaryFolder()
        let program = "import app, lib, leaf; print(app.__version__, lib.__version__, leaf.__version__, end='')"
        for pins in [["1.0", "1.0", "3.0"], ["1.0", "1.5", "1.0"], ["2.0", "2.5", "2.0"], ["2.0", "3.0", "3.0"]] {
            let what = zip(["app", "lib", "leaf"], pins).map { "\($0)==\($1)" }
            let target = folder.path.appending("pip " + pins.joined(separator: " "))
            try Python.pipInstall(what, from: served.url, into: target)
            #expect(try Python.run(program, with: target) == pins.joined(separator: " "))
        }
        if Python.uv != nil {
            let target = folder.path.appending("uv")
            try Python.uvInstall(["--resolution", "lowest", "app>=1"], from: served.url, into: target)
            #expect(try Python.run(program, with: target) == "1.0 1.0 1.0")
        }
        // pip judges markers by its own machine, so that what only Windows needs is named.
        let wheels = folder.path.appending("windows")
        let foreign = ["--platform", "win_amd64", "--python-version", "3.11", "--only-binary", ":all:"]
        try Python.pipDownload(foreign + ["app", "nt"], from: served.url, into: wheels)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: wheels.string).sorted() == [
                "app-2.0-py3-none-any.whl", "leaf-3.0-py3-none-any.whl", "lib-3.0-py3-none-any.whl",
                "nt-1.0-cp311-cp311-win_amd64.whl",
            ]
        )
        if Python.uv != nil {
            let target = folder.path.appending("uv for windows")
            let foreign = ["--python-platform", "windows", "--python-version", "3.11"]
            try Python.uvInstall(foreign + ["app"], from: served.url, into: target)
            #expect(FileManager.default.fileExists(atPath: target.appending("nt-1.0.dist-info").string))
        }
    }
}
