import Foundation
import SystemPackage
import TestSupport
import Testing

/// What lock files and pins ask for, beside rules that would leave it out.
@Suite("Pinned selection") struct PinnedSelectionTests {
    private let upstream = ScriptedUpstream()

    private func mirror(projects: String = "[]") throws -> (mirror: TestMirror, project: ScriptedProject) {
        var project = try ScriptedProject("demo", versions: ["1.0", "2.0", "3.0", "4.0a1"])
        project.files[1].isYanked = true
        upstream.publish([project])
        let mirror = try TestMirror(of: upstream.url, configuration: ["retries": "0"])
        try mirror.configure("projects", projects)
        return (mirror, project)
    }

    private func synced(_ mirror: TestMirror) throws -> Report {
        let result = try Larder.run(["sync", "--json", "--root", mirror.root.string])
        #expect(result.exitCode == 0, "\(result)")
        return result.report
    }

    @Test("Pins are kept beside the newest, also of prereleases and yanked releases; ranges are not")
    func pins() throws {
        let (mirror, _) = try mirror()
        try mirror.folder.write("mirror/one.txt", "demo==1.0\n")
        try mirror.folder.write("mirror/two.txt", "demo===2.0\n")
        try mirror.folder.write("mirror/three.txt", "demo==4.0a1\n")
        try mirror.folder.write("mirror/all.txt", "demo>=0\n")
        try mirror.configure("requirements", "[\"one.txt\", \"two.txt\", \"three.txt\"]")
        try mirror.configure("latest", "1")
        try mirror.configure("prereleases", "false")
        try mirror.configure("yanked", "false")
        let pinned = ["demo-1.0-py3-none-any.whl", "demo-2.0-py3-none-any.whl", "demo-4.0a1-py3-none-any.whl"]
        _ = try synced(mirror)
        #expect(try mirror.filenames("demo") == pinned)

        try mirror.configure("requirements", "[\"all.txt\"]")
        _ = try synced(mirror)
        #expect(try mirror.filenames("demo") == ["demo-3.0-py3-none-any.whl"])

        try mirror.configure("requirements", "[\"all.txt\", \"one.txt\"]")
        _ = try synced(mirror)
        #expect(try mirror.filenames("demo") == ["demo-1.0-py3-none-any.whl", "demo-3.0-py3-none-any.whl"])
    }

    @Test(
        "Locked files are kept beside the newest; what a rule of the owner leaves out of them is told",
        arguments: ["[]", "[\"demo\"]", "[\"de*\"]"]
    )
    func locks(projects: String) throws {
        let (mirror, project) = try mirror(projects: projects)
        let files = project.files[0...1].map { file in
            "{ url = \"https://f.example/\(file.filename)\", hash = \"sha256:\(file.claimedDigest)\" }"
        }
        try mirror.folder.write(
            "mirror/uv.lock",
            """
            version = 1
            [[package]]
            name = "demo"
            version = "1.0"
            source = { registry = "https://index.example/simple" }
            wheels = [\(files[0])]
            [[package]]
            name = "demo"
            version = "2.0"
            source = { registry = "https://index.example/simple" }
            wheels = [\(files[1])]
            """
        )
        try mirror.configure("lock-files", "[\"uv.lock\"]")
        try mirror.configure("latest", "1")
        try mirror.configure("max-project-size", "1")
        try mirror.configure("yanked", "false")
        let both = ["demo-1.0-py3-none-any.whl", "demo-2.0-py3-none-any.whl"]
        _ = try synced(mirror)
        #expect(try mirror.filenames("demo") == both)

        try mirror.configure("releases", "[\"demo<2\"]", in: "[select.exclude]")
        let report = try synced(mirror)
        #expect(try mirror.filenames("demo") == [both[1]])
        #expect(report.objects("drops").contains { $0.text("file") == both[0] })
        #expect(try mirror.run("why", "demo", both[0]).output.contains("by [select.exclude] releases (larder.toml:"))
    }
}
