import Packaging
import Testing

@Suite struct DistributionFilenameTests {
    private func parse(_ filename: String, _ project: String) throws -> DistributionFilename {
        try DistributionFilename.parse(filename, project: try #require(ProjectName(project)))
    }

    @Test(arguments: [
        ("pyfurby-0.1 (1).tar.gz", "pyfurby", "0.1 (1)", ".tar.gz"),
        ("scikit-highs-('0.6.0',).tar.gz", "scikit-highs", "('0.6.0',)", ".tar.gz"),
        ("leo-6.7.8-9.tar.gz", "leo", "6.7.8-9", ".tar.gz"),
        ("foo-1.0.tar.gz", "foo", "1.0", ".tar.gz"),
        ("Foo-1.0.tar.gz", "foo", "1.0", ".tar.gz"),
        ("foo-1.0.zip", "foo", "1.0", ".zip"),
        ("foo-1.0.tar.bz2", "foo", "1.0", ".tar.bz2"),
        ("foo-1.0.TGZ", "foo", "1.0", ".TGZ"),
        ("zope.interface-3.0.tar.gz", "zope-interface", "3.0", ".tar.gz"),
        ("a-b_c-1.0-rc1.tar.gz", "a-b-c", "1.0-rc1", ".tar.gz"),
        ("foo-2-1.0.tar.gz", "foo-2", "1.0", ".tar.gz"),
        ("pytz-2004d.tar.gz", "pytz", "2004d", ".tar.gz"),
        ("torch-2.6.0+cu126.tar.gz", "torch", "2.6.0+cu126", ".tar.gz"),
        ("0-0-0.0.1.tar.gz", "0-0", "0.0.1", ".tar.gz"),
    ])
    func sdist(_ filename: String, _ project: String, _ version: String, _ suffix: String) throws {
        let parsed = try parse(filename, project)
        #expect(parsed.version == version && parsed.kind == .sdist(suffix: suffix) && parsed.filename == filename)
    }

    @Test func wheels() throws {
        let leo = try parse("leo-6.7.8-9-py3-none-any.whl", "leo")
        #expect(leo.version == "6.7.8")
        guard case .wheel(let tags) = leo.kind else {
            Issue.record("no wheel")
            return
        }
        #expect(tags.build == "9" && tags.pythons == ["py3"] && tags.abis == ["none"] && tags.platforms == ["any"])

        let numpy = "NumPy-2.0-cp312.cp313-abi3.none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"
        guard case .wheel(let compressed) = try parse(numpy, "numpy").kind else {
            Issue.record("no wheel")
            return
        }
        #expect(
            compressed.build == nil && compressed.pythons == ["cp312", "cp313"] && compressed.abis == ["abi3", "none"]
        )
        #expect(compressed.platforms == ["manylinux_2_17_x86_64", "manylinux2014_x86_64"])

        #expect(try parse("github3.py-4.0.0-py3-none-any.whl", "github3-py").version == "4.0.0")
        #expect(try parse("pkg-1!2.0-py3-none-any.whl", "pkg").version == "1!2.0")
        #expect(try parse("torch-2.6.0+cu126-cp312-cp312-linux_x86_64.whl", "torch").version == "2.6.0+cu126")
    }

    @Test(arguments: [
        ("foo-1.0-py2.7.egg", "1.0", DistributionFilename.Kind.egg),
        ("foo-1.0-py2.7-linux-x86_64.egg", "1.0", .egg),
        ("foo-1.0.win32-py2.7.exe", "1.0", .wininst),
        ("foo-1.0.win-amd64.exe", "1.0", .wininst),
        ("foo-1.0.win-amd64-py3.6.msi", "1.0", .msi),
        ("foo-1.0-1.noarch.rpm", "1.0", .rpm),
        ("foo-1.0.dmg", "1.0", .dmg),
        ("foo-1.0.linux-x86_64.tar.gz", "1.0", .dumb),
        ("foo-1.0.macosx-10.9-x86_64.tar.gz", "1.0", .dumb),
        ("foo-1.0-variants.json", "1.0-variants", .other(suffix: ".json")),
    ])
    func retiredKinds(_ filename: String, _ version: String, _ kind: DistributionFilename.Kind) throws {
        let parsed = try parse(filename, "foo")
        #expect(parsed.version == version && parsed.kind == kind)
    }

    @Test(arguments: [
        ("bar-1.0-py3-none-any.whl", "bar"), ("foo_bar-1.0-py3-none-any.whl", "foo-bar"), ("bar-1.0.tar.gz", "bar"),
        ("bar-baz-1.0.zip", "bar-baz"), ("bar-2004d.tar.gz", "bar"), ("BAR-1.0-py3-none-any.WHL", "bar"),
        ("fo-1.0-py3-none-any.whl", "fo"), ("foo.bar-not a version-py3-none-any.whl", "foo-bar"),
    ])
    func foreign(_ filename: String, _ owner: String) throws {
        let project = try #require(ProjectName("foo"))
        let owner = try #require(ProjectName(owner))
        #expect(throws: DistributionFilenameError.foreign(filename: filename, project: project, owner: owner)) {
            try DistributionFilename.parse(filename, project: project)
        }
    }

    @Test(arguments: [
        "foo.zip", "mkey.zip", "foo-.tar.gz", "Blackboard LMS CLI-0.0.18.linux-x86_64.tar.gz", "foo-1.0.whl",
        "foo-1.0-py3-none.whl", "foo-1.0-x-py3-none-any.whl", "foo-1.0-1-py3-none-any-x.whl", "foo-1.0-py3--any.whl",
        "foo-1.0-py3.-none-any.whl", "foo-2004d-py3-none-any.whl", "f__o-1.0-py3-none-any.whl", "-1.0-py3-none-any.whl",
        "", ".whl", "foo", "README", "index.html", "-", "--", "bar-1.0.exe",
    ])
    func unreadable(_ filename: String) throws {
        let project = try #require(ProjectName("foo"))
        let error = #expect(throws: DistributionFilenameError.self) {
            try DistributionFilename.parse(filename, project: project)
        }
        guard case .unreadable(filename, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    /// A reader remembers what it read of other names, whether they could be read or not.
    @Test func namesAreReadTogetherAsAlone() throws {
        let projects = ["demo", "Demo", "DE.mo", "de-mo", "other", "demo__x", "dem", "", "démo"]
        let versions = ["1.0", "1.0.0", "2.0rc1", "2004d", "", "1.0-1", "1-py2"]
        let endings = [
            ".tar.gz", ".TGZ", ".win32.zip", "-py3.9.egg", ".exe", ".odd", "", "-py3-none-any.whl", "-py3-none-any.WHL",
            "-1-py3-none-any.whl", "-x-py3-none-any.whl", "-py3--any.whl", "-py3-none-.whl", "-none-any.whl",
            "-py2.py3-none-linux_x86_64.whl", "-py2..py3-none-any.whl", "-1-2-py3-none-any.whl",
        ]
        for name in ["demo", "de-mo", "demo-x"] {
            let project = try #require(ProjectName(name))
            var reader = DistributionFilenameReader(of: project)
            for filename in projects.flatMap({ name in
                versions.flatMap { version in
                    endings.map { "\(name)-\(version)\($0)" }
                }
            }) {
                let alone = Result { try DistributionFilename.parse(filename, project: project) }
                let together = Result { try reader.read(filename) }
                switch (alone, together) {
                case (.success(let parsed), .success(let reading)):
                    #expect(reader.versions[reading.version].spelling == parsed.version)
                    #expect(reader.kinds[reading.kind] == parsed.kind)
                case (.failure(let error), .failure(let other)):
                    #expect(error as? DistributionFilenameError == other as? DistributionFilenameError)
                default: Issue.record("\(filename) of \(name)")
                }
            }
            #expect(Set(reader.versions).count == reader.versions.count)
        }
    }
}
