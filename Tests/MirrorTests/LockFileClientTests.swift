import ChildProcess
import DemoUpstream
import Foundation
import SystemPackage
import TestSupport
import Testing

/// Lock files from the file to the client, and from one state of it to the next.
@Suite(
    "Clients of lock files",
    .enabled(if: NginxServer.program != nil, "nginx is not installed"),
    .enabled(if: Python.environment != nil, "there is no Python")
)
struct LockFileClientTests: ClosureSuite {
    let upstream = ScriptedUpstream()
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    /// A mirror of what a lock file names.
    private func mirror(lockedBy name: String) throws -> TestMirror {
        let mirror = try TestMirror(of: upstream.url, configuration: ["retries": "0"])
        try mirror.configure("keep-generations", "0", in: "[publish]")
        try mirror.configure("projects", "[]")
        try mirror.configure("lock-files", "[\"\(name)\"]")
        return mirror
    }

    private func install(_ requirements: FilePath, from index: String) throws -> [String] {
        try Python.installers.map { install in
            let target = folder.path.appending("\(UUID())")
            try install(["--require-hashes", "-r", requirements.string], index, target)
            return try Python.run("import app, lib; print(app.__version__, lib.__version__, end='')", with: target)
        }
    }

    @Test(
        "What is locked can be installed; what is locked anew comes, and the rest leaves",
        arguments: LockText.allCases
    )
    private func reconcile(kind: LockText) throws {
        let projects = [
            try project("app", ("1.0", ["lib<2"]), ("2.0", ["lib"])), try project("lib", ("1.0", []), ("2.0", [])),
            try project("other", ("1.0", [])),
        ]
        upstream.publish(projects)
        let mirror = try mirror(lockedBy: kind.rawValue)
        /// Locks both to one release, syncs, and gives what a client would install.
        func lock(_ place: Int) throws -> FilePath {
            let pins = projects.prefix(2).map { project in
                LockText.Pin(name: project.name, version: "\(place + 1).0", files: [project.files[place]])
            }
            try mirror.folder.write("mirror/\(kind.rawValue)", kind.text(pins))
            _ = try synced(mirror)
            #expect(try mirror.listedProjects() == ["app", "lib"])
            let lines = pins.map { "\($0.name)==\($0.version) --hash=sha256:\($0.files[0].claimedDigest)\n" }
            return try folder.write("\(place).txt", lines.joined())
        }
        let first = try lock(0)
        let served = try ServedIndex(mirror)
        #expect(try install(first, from: served.url) == Python.installers.map { _ in "1.0 1.0" })
        let old = try mirror.object(of: "app-1.0-py3-none-any.whl", in: "app")

        let second = try lock(1)
        #expect(try install(second, from: served.url) == Python.installers.map { _ in "2.0 2.0" })
        #expect(throws: Python.Failure.self) { try install(first, from: served.url) }
        // The bytes go last.
        #expect(FileManager.default.fileExists(atPath: old.string))
        #expect(try mirror.run("gc", "--grace", "0", "--accept-removals").exitCode == 0)
        #expect(!FileManager.default.fileExists(atPath: old.string))
        #expect(try install(second, from: served.url) == Python.installers.map { _ in "2.0 2.0" })
        #expect(try mirror.verify().exitCode == 0)
    }

    @Test(
        "A lock that uv makes is mirrored, also in the form of PEP 751, and what uv exports of it can be installed",
        .enabled(if: Python.uv != nil, "uv is not to be had from the index of this machine's pip"),
        arguments: ["uv.lock", "pylock.toml"]
    )
    func lockOfUV(name: String) throws {
        upstream.publish([
            try project("app", ("1.0", ["lib<2"])), try project("lib", ("1.0", []), ("2.0", [])),
            try project("other", ("1.0", [])),
        ])
        let here = folder.path.appending("here")
        try folder.write(
            "here/pyproject.toml",
            """
            [project]
            name = "here"
            version = "0.1.0"
            requires-python = ">=\(try Python.version)"
            dependencies = ["app"]
            """
        )
        let common = ["--project", here.string, "--no-config", "--no-cache", "--default-index", upstream.url]
        try Python.uv(["lock", "--quiet"] + common)
        let mirror = try mirror(lockedBy: name)
        let export = ["export", "--quiet", "--frozen", "--no-emit-project"] + common
        if name == "pylock.toml" {
            try Python.uv(export + ["--format", name, "--output-file", mirror.root.appending(name).string])
        } else {
            try FileManager.default.copyItem(
                atPath: here.appending(name).string,
                toPath: mirror.root.appending(name).string
            )
        }
        let requirements = folder.path.appending("requirements.txt")
        try Python.uv(export + ["--format", "requirements.txt", "--output-file", requirements.string])

        _ = try synced(mirror)
        #expect(try mirror.listedProjects() == ["app", "lib"])
        #expect(try mirror.filenames("lib") == ["lib-1.0-py3-none-any.whl"])
        let served = try ServedIndex(mirror)
        #expect(try install(requirements, from: served.url) == ["1.0 1.0", "1.0 1.0"])
    }
}
