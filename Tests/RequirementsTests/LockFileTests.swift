import Packaging
import Requirements
import Testing

/// The lock files that tools write: what they lock, what they skip, and where it stands.
@Suite struct LockFileTests {
    private static let sixWheel = "4721f391ed90541fddacab5acf947aa0d3dc7d27b2e1e8eda2be8970586c3274"
    private static let sixSdist = "ff70335d468e7eb6ec65b95b99d3a2836546063f63acc5171de367e834932a81"

    @Test(arguments: [
        ("uv.lock", LockFileKind.uv, ["colorama", "idna", "iniconfig", "six", "zipp"]),
        ("pylock.toml", .pylock, ["idna", "six"]),
        ("pylock.uv.toml", .pylock, ["colorama", "idna", "iniconfig", "six"]),
        ("poetry.lock", .poetry, ["colorama", "idna", "iniconfig", "six", "zipp"]),
        ("poetry-1/poetry.lock", .poetry, ["colorama", "idna", "six"]),
        ("pdm.lock", .pdm, ["idna", "six"]),
        ("pdm-urls/pdm.lock", .pdm, ["idna", "six"]),
        ("pdm-4.0/pdm.lock", .pdm, ["idna", "six"]),
    ])
    func filesAreLockedByNameAndDigest(_ name: String, kind: LockFileKind, projects: [String]) throws {
        let lock = try Fixture.lock(name)
        #expect(lock.kind == kind)
        #expect(lock.projects.map(\.name.normalized) == projects)
        let six = try #require(lock[project("six")])
        let release = try #require(six.packages.first)
        #expect(six.packages.count == 1)
        #expect(release.version == "1.17.0")
        let wheel = try #require(release.files.first { $0.filename == "six-1.17.0-py2.py3-none-any.whl" })
        #expect(wheel.digests == ["sha256": Self.sixWheel])
        let lines = try String(decoding: Fixture.bytes(name), as: UTF8.self).split(
            separator: "\n",
            omittingEmptySubsequences: false
        )
        #expect(lines[try #require(wheel.line) - 1].contains(Self.sixWheel))
        #expect(lines[try #require(release.line)] == "name = \"six\"")
        let other = ["sha256": digest("0")]
        #expect(six.selects(filename: "six-1.17.0-py2.py3-none-any.whl", version: "1.17.0", digests: wheel.digests))
        #expect(!six.selects(filename: "six-1.17.0-py2.py3-none-any.whl", version: "1.17.0", digests: other))
        #expect(!six.selects(filename: "six-1.17.0.zip", version: "1.17.0", digests: other))
        #expect(!six.selects(filename: "six-1.16.0.tar.gz", version: "1.16.0", digests: [:]))
        // pip locks only what it would install.
        if name != "pylock.toml" {
            #expect(six.selects(filename: "six-1.17.0.tar.gz", version: "1.17.0", digests: ["sha256": Self.sixSdist]))
            #expect(release.files.count == 2)
        }
        let again = try LockedFiles.parse(Fixture.bytes(name), file: "copy")
        #expect(again.kind == kind)
        #expect(again.projects.map(\.packages) == lock.projects.map(\.packages))
    }

    @Test func pipfilesLockByDigestAlone() throws {
        let lock = try Fixture.lock("Pipfile.lock")
        #expect(lock.kind == .pipfile)
        #expect(lock.projects.map(\.name.normalized) == ["idna", "iniconfig", "six"])
        let six = try #require(lock[project("six")])
        #expect(six.packages.first?.version == "1.17.0")
        #expect(six.packages.first?.index == "main")
        #expect(six.packages.first?.line == 26)
        #expect(six.packages.first?.files.map(\.line) == [28, 29])
        #expect(six.selects(filename: "any.whl", version: "1.17.0", digests: ["sha256": Self.sixWheel]))
        #expect(!six.selects(filename: "any.whl", version: "1.17.0", digests: ["sha256": digest("0")]))
        // A page without such digests leaves the version to decide.
        #expect(six.selects(filename: "any.whl", version: "1.17", digests: ["md5": String(repeating: "0", count: 32)]))
        #expect(!six.selects(filename: "any.whl", version: "1.16.0", digests: [:]))
        #expect(
            lock.skipped.map(\.description) == [
                "local: is the locked project itself or part of it, in '.'",
                "tool: comes from the repository https://git.example/tool.git, not from an index",
            ]
        )
        #expect(lock.skipped.map(\.line) == [48, 52])
        #expect(try LockedFiles.parse(Fixture.bytes("Pipfile.lock"), file: "copy").kind == .pipfile)
    }

    @Test func severalVersionsOfAProjectAreLocked() throws {
        for name in ["uv.lock", "pylock.uv.toml", "poetry.lock"] {
            let iniconfig = try #require(try Fixture.lock(name)[project("iniconfig")])
            #expect(iniconfig.packages.map(\.version) == ["2.1.0", "2.3.1"])
            for version in ["2.1.0", "2.3.1"] {
                let filename = "iniconfig-\(version)-py3-none-any.whl"
                #expect(iniconfig.selects(filename: filename, version: version, digests: [:]))
            }
            #expect(!iniconfig.selects(filename: "iniconfig-2.2.0.tar.gz", version: "2.2.0", digests: [:]))
        }
    }

    @Test func whatComesFromElsewhereIsSkippedWithItsLine() throws {
        let uv = try Fixture.lock("uv.lock")
        #expect(uv.skipped.map(\.description) == ["demo 0.1.0: is the locked project itself or part of it, in '.'"])
        #expect(uv.skipped.map(\.line) == [18])
        let poetry = try Fixture.lock("poetry-1/poetry.lock")
        #expect(poetry.skipped.map(\.reason) == [.repository("https://git.example/tool.git")])
        let pdm = try Fixture.lock("pdm.lock")
        #expect(pdm.skipped.map(\.reason) == [.repository("https://git.example/tool.git"), .ownProject("./demo")])
    }

    @Test func everySourceOfUvIsKnown() throws {
        let sources = [
            ("registry = \"../wheels\"", SkippedPackage.Reason.folder("../wheels")),
            ("git = \"https://user:secret@git.example/a?rev=1#abc\"", .repository("https://git.example/a?rev=1#abc")),
            ("url = \"https://files.example/a-1.tar.gz\"", .url("https://files.example/a-1.tar.gz")),
            ("path = \"a-1.tar.gz\"", .path("a-1.tar.gz")),
            ("directory = \"../a\"", .path("../a")),
            ("editable = \"../a\"", .ownProject("../a")),
            ("virtual = \".\"", .ownProject(".")),
            ("tape = \"4\"", .unknownSource("tape")),
        ]
        for (source, reason) in sources {
            let lock = try lock(
                """
                version = 1
                revision = 3

                [[package]]
                name = "a"
                version = "1"
                source = { \(source) }
                sdist = { path = "a-1.tar.gz", hash = "sha256:\(digest("1"))" }
                """
            )
            #expect(lock.projects.isEmpty)
            #expect(lock.skipped.map(\.reason) == [reason])
            #expect(lock.skipped.map(\.line) == [4])
        }
    }

    @Test func everySourceOfPylockIsKnown() throws {
        let hashes = "hashes = { sha256 = \"\(digest("1"))\" }"
        let sources = [
            (
                "vcs = { type = \"git\", url = \"https://git.example/a\", commit-id = \"1\" }",
                SkippedPackage.Reason.repository("https://git.example/a")
            ),
            ("directory = { path = \".\", editable = true }", .ownProject(".")),
            ("directory = { path = \"../a\" }", .path("../a")),
            ("archive = { url = \"https://files.example/a.zip\", \(hashes) }", .url("https://files.example/a.zip")),
            ("archive = { path = \"a.zip\", \(hashes) }", .path("a.zip")),
            ("wheels = [{ path = \"w/a-1-py3-none-any.whl\", \(hashes) }]", .path("w/a-1-py3-none-any.whl")),
            ("marker = \"sys_platform == 'win32'\"", .nothingLocked),
        ]
        for (source, reason) in sources {
            let lock = try lock("lock-version = \"1.0\"\n[[packages]]\nname = \"a\"\n\(source)\n", "pylock.a.toml")
            #expect(lock.projects.isEmpty)
            #expect(lock.skipped.map(\.reason) == [reason])
        }
    }

    @Test func filenamesComeFromUrls() throws {
        let lock = try lock(
            """
            lock-version = "1.0"
            [[packages]]
            name = "a"
            [[packages.wheels]]
            url = "https://files.example/x/a-1%2Bcpu-py3-none-any.whl?token=1#frag"
            size = 12
            hashes = { sha256 = "\(digest("1"))", sha512 = "\(digest("2") + digest("2"))" }
            """,
            "pylock.toml"
        )
        let file = try #require(lock[project("a")]?.packages.first?.files.first)
        #expect(file.filename == "a-1+cpu-py3-none-any.whl")
        #expect(file.size == 12)
        #expect(file.digests == ["sha256": digest("1"), "sha512": digest("2") + digest("2")])
    }

    @Test func digestsWithoutFilenamesOfTheOldestPoetryCount() throws {
        let lock = try lock(
            """
            [[package]]
            name = "Six"
            version = "1.17.0"

            [metadata]
            content-hash = "abc"

            [metadata.hashes]
            six = ["\(digest("a"))", "\(digest("b"))"]
            """,
            "old.lock"
        )
        let six = try #require(lock[project("six")])
        #expect(six.selects(filename: "six.zip", version: "1.17.0", digests: ["sha256": digest("b")]))
        #expect(!six.selects(filename: "six.zip", version: "1.17.0", digests: ["sha256": digest("c")]))
        #expect(six.packages.first?.files.map(\.line) == [9, 9])
    }
}
