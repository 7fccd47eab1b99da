import DemoUpstream
import Digest
import Foundation
import SystemPackage
import TestSupport
import Testing

/// The documents of PyPI's JSON API: `/pypi/NAME/json` and `/pypi/NAME/VERSION/json`.
@Suite("Documents") struct DocumentTests: PublicationSuite {
    let upstream = ScriptedUpstream()

    private func sync(_ mirror: TestMirror, _ projects: [ScriptedProject]) throws {
        upstream.publish(projects)
        try expectSynced(mirror)
        try expectClean(mirror)
    }

    /// A project whose wheels say much of themselves.
    private func rich(_ versions: [String]) throws -> ScriptedProject {
        var project = try ScriptedProject("Rich.Project", versions: [])
        project.name = "rich-project"
        for version in versions {
            let release = Distribution(
                name: "Rich.Project",
                version: version,
                summary: "Sums \"up\" é",
                requires: ["idna>=2", "six; extra == 'old'"],
                extras: ["old"],
                kinds: [.wheel]
            )
            project.files.append(
                try .init(filename: release.wheelFilename, bytes: release.wheel(), metadata: release.metadata())
            )
        }
        return project
    }

    @Test("They tell what metadata and page tell, of the latest release and of each")
    func contents() throws {
        let project = try rich(["1.0", "2.0", "3.0rc1"])
        let mirror = try synced([project])
        let document = try mirror.document("rich-project/json")
        #expect(document.text("info.name") == "Rich.Project" && document.text("info.version") == "2.0")
        #expect(document.text("info.summary") == "Sums \"up\" é")
        #expect(document.text("info.description") == "Sums \"up\" é.\n")
        #expect(document.text("info.description_content_type") == "text/plain")
        #expect(document.texts("info.requires_dist") == ["idna>=2", "six; extra == 'old'"])
        #expect(document.texts("info.provides_extra") == ["old"])
        #expect(document.text("info.requires_python") == ">=3.8")
        #expect(document.object["info"].flatMap { ($0 as? [String: Any])?["home_page"] } is NSNull)
        #expect(document.int("last_serial") == 1)
        #expect(!document.has("vulnerabilities"))
        let releases = try #require(document.object["releases"] as? [String: [[String: Any]]])
        #expect(releases.keys.sorted() == ["1.0", "2.0", "3.0rc1"])
        let page = try mirror.page("rich-project").objects("files")
        for (release, version) in zip(project.files, ["1.0", "2.0", "3.0rc1"]) {
            let own = try mirror.document("rich-project/\(version)/json")
            let file = try #require(own.objects("urls").first)
            let listed = try #require(page.first { $0.text("filename") == release.filename })
            #expect(file.text("filename") == release.filename && own.objects("urls").count == 1)
            #expect(file.text("digests.sha256") == listed.text("hashes.sha256"))
            #expect(file.text("core-metadata.sha256") == listed.text("core-metadata.sha256"))
            #expect(file.int("size") == release.bytes.count)
            #expect(file.text("packagetype") == "bdist_wheel" && file.text("python_version") == "py3")
            #expect(file.text("upload_time") == "2024-02-03T04:05:06")
            #expect(file.text("upload_time_iso_8601") == "2024-02-03T04:05:06Z")
            #expect(file.object["yanked"] as? Bool == false)
            #expect(own.text("info.version") == version && own.int("last_serial") == 1)
            #expect(!own.has("releases"))
            // It is by far the longest part, and stands in the project's document alone.
            #expect(own.text("info.description") == nil && own.has("info.description"))
            // Relative, each from its own place.
            let url = try #require(file.text("url"))
            #expect(try mirror.contents("pypi/rich-project/\(version)/\(url)") == release.bytes)
            let same = try #require((releases[version]?.first?["url"]) as? String)
            #expect(try mirror.contents("pypi/rich-project/\(same)") == release.bytes)
        }
        try expectClean(mirror)
    }

    @Test("Without a sidecar the metadata comes from within the wheel; an sdist alone tells what the page tells")
    func withoutSidecar() throws {
        var wheel = try rich(["1.0"])
        wheel.files[0].metadata = nil
        let sdist = try ScriptedProject("source", versions: ["1.0"], kinds: [.sdist])
        let mirror = try synced([wheel, sdist])
        let document = try mirror.document("rich-project/json")
        #expect(document.text("info.summary") == "Sums \"up\" é")
        #expect(document.objects("urls").first?.has("core-metadata") == false)
        let source = try mirror.document("source/1.0/json")
        #expect(source.text("info.name") == "source" && source.text("info.summary") == nil)
        #expect(source.objects("urls").first?.text("packagetype") == "sdist")
        try expectClean(mirror)
    }

    @Test("They follow new releases, yanks and removals; yanked ones and prereleases are the latest last")
    func changes() throws {
        var project = try rich(["1.0", "2.0"])
        let mirror = try synced([project])
        #expect(try mirror.document("rich-project/json").text("info.version") == "2.0")

        project = try rich(["1.0", "2.0", "2.1.dev1"]).stating(serial: 2)
        project.files[1].isYanked = true
        try sync(mirror, [project])
        var document = try mirror.document("rich-project/json")
        #expect(document.text("info.version") == "1.0" && document.int("last_serial") == 2)
        let yanked = try mirror.document("rich-project/2.0/json")
        #expect(yanked.object["info"].flatMap { ($0 as? [String: Any])?["yanked"] } as? Bool == true)
        #expect(yanked.objects("urls").first?.object["yanked"] as? Bool == true)

        project = project.stating(serial: 3)
        project.files.removeFirst()
        try sync(mirror, [project])
        document = try mirror.document("rich-project/json")
        #expect(document.text("info.version") == "2.1.dev1")
        #expect((document.object["releases"] as? [String: Any])?.keys.sorted() == ["2.0", "2.1.dev1"])
        #expect(!mirror.hasDocument("rich-project/1.0/json"))

        upstream.remove("/simple/rich-project/")
        try sync(mirror, [try ScriptedProject("other").stating(serial: 4)])
        #expect(!mirror.hasDocument("rich-project/json") && !mirror.hasDocument("rich-project/2.0/json"))
        #expect(mirror.hasDocument("other/json"))
        // Old views go whole.
        #expect(try mirror.run("gc", "--grace", "0").exitCode == 0)
        try expectClean(mirror)
    }

    @Test("What is blocked or quarantined has none, and lists no file that is withheld")
    func blocked() throws {
        var projects = try [rich(["1.0", "2.0"]), ScriptedProject("other")]
        let mirror = try synced(projects)
        try mirror.configure("releases", "[\"rich-project==2.0\"]", in: "[policy.blocked]")
        #expect(try mirror.run("publish").exitCode == 0)
        let document = try mirror.document("rich-project/json")
        #expect((document.object["releases"] as? [String: Any])?.keys.sorted() == ["1.0"])
        #expect(!mirror.hasDocument("rich-project/2.0/json"))
        try mirror.configure("projects", "[\"rich-project\"]", in: "[policy.blocked]")
        #expect(try mirror.run("publish").exitCode == 0)
        #expect(!mirror.hasDocument("rich-project/json") && !mirror.hasDocument("rich-project/1.0/json"))
        #expect(try mirror.filenames("rich-project") == [])
        try expectClean(mirror)

        projects[1].serial = 2
        upstream.list(projects)
        let page: [String: Any] = [
            "meta": ["api-version": "1.4", "_last-serial": 2], "name": "other", "versions": [String](),
            "files": [[String: Any]](), "project-status": ["status": "quarantined"],
        ]
        upstream.set("/simple/other/", .json(page))
        #expect(try mirror.sync().exitCode == 0)
        #expect(!mirror.hasDocument("other/json"))
        try expectClean(mirror)
    }

    @Test("Only a version that is safe as the name of a folder has a document of its own")
    func folders() throws {
        var project = try ScriptedProject("odd", versions: ["1.0+local.1", "1!2.0"])
        for version in [
            "json", "JSON.gz", "index.html", "about.html", ".hidden", "a b", "x;y", "2004d",
            String(repeating: "9", count: 200),
        ] {
            let bytes = Array("sdist \(version)".utf8)
            project.files.append(try .init(filename: "odd-\(version).tar.gz", bytes: bytes))
        }
        upstream.publish([project])
        let mirror = try TestMirror(of: upstream.url)
        _ = try mirror.sync()
        let document = try mirror.document("odd/json")
        let releases = try #require(document.object["releases"] as? [String: [[String: Any]]])
        let files = releases.values.flatMap { $0 }.compactMap { $0["filename"] as? String }
        #expect(try files.sorted() == mirror.filenames("odd").sorted())
        let folders = try FileManager.default.contentsOfDirectory(atPath: mirror.root.appending("web/pypi/odd").string)
            .filter { !$0.hasPrefix("index.") && $0 != "json" && $0 != "json.gz" && !$0.hasPrefix("about.html") }
        #expect(folders.sorted() == ["1!2.0", "1.0+local.1", "2004d"])
        #expect(document.text("info.version") == "1!2.0")
        try expectClean(mirror)
    }

    @Test("URLs are absolute below base-url; without legacy-json there are none, and a mirror made so gets them later")
    func settings() throws {
        let projects = try [rich(["1.0", "2.0"]), ScriptedProject("other")]
        // As a program that knew no documents left it.
        let mirror = try synced(projects, ["legacy-json": "false"])
        let digest = try mirror.treeDigest
        #expect(!mirror.hasDocument("") && !mirror.hasDocument("other/json"))
        try expectClean(mirror, "without")
        try mirror.configure("legacy-json", "true")
        try expectClean(mirror, "not published yet")
        // A sync that has nothing else to do publishes them.
        #expect(try mirror.sync().exitCode == 0)
        #expect(try mirror.document("rich-project/json").objects("urls").first?.text("url")?.hasPrefix("../") == true)
        try expectClean(mirror, "relative")
        let generation = try mirror.run("status", "--json").report.int("generation")
        #expect(try mirror.run("publish").exitCode == 0)
        #expect(try mirror.run("status", "--json").report.int("generation") == generation)

        try mirror.configure("base-url", "\"https://mirror.example/pypi\"")
        try expectClean(mirror, "not absolute yet")
        #expect(try mirror.run("publish").exitCode == 0)
        for path in ["rich-project/json", "rich-project/2.0/json"] {
            let url = try mirror.document(path).objects("urls").first?.text("url")
            #expect(url?.hasPrefix("https://mirror.example/pypi/packages/") == true, "\(url ?? "")")
        }
        #expect(try mirror.page("other").objects("files").first?.text("url")?.hasPrefix("../../packages/") == true)
        try expectClean(mirror, "absolute")

        try mirror.configure("legacy-json", "false")
        #expect(try mirror.run("publish").exitCode == 0)
        #expect(!mirror.hasDocument("") && !mirror.hasDocument("other/json"))
        try expectClean(mirror, "without again")
        #expect(try mirror.treeDigest == digest)
        #expect(try mirror.run("gc", "--grace", "0").exitCode == 0)
        try expectClean(mirror, "collected")
    }

    @Test("A mirror without projects is given the place of documents too")
    func empty() throws {
        let mirror = try synced([], ["legacy-json": "false"])
        try mirror.configure("legacy-json", "true")
        try expectClean(mirror)
        #expect(try mirror.run("publish").exitCode == 0)
        #expect(mirror.hasDocument(""))
        try expectClean(mirror)
    }

    @Test("The same state gives the same bytes, and a lost index is made anew to the same documents")
    func rebuilt() throws {
        let projects = try [rich(["1.0", "2.0"]), ScriptedProject("other")]
        let (mirror, twin) = (try synced(projects), try synced(projects))
        let tree = try mirror.documents()
        #expect(tree.count > 6)
        #expect(try twin.documents() == tree)
        let before = try FileTree(mirror.root.appending("views"))
        try FileManager.default.removeItem(atPath: mirror.root.appending("index").string)
        #expect(try mirror.run("rebuild").exitCode == 0)
        try expectClean(mirror)
        #expect(try mirror.run("publish").exitCode == 0)
        #expect(try FileTree(mirror.root.appending("views")).differences(from: before) == [])
        try expectClean(mirror)

        // What changed while the index was lost is published next.
        try FileManager.default.removeItem(atPath: mirror.root.appending("index").string)
        try mirror.configure("base-url", "\"https://mirror.example/\"")
        #expect(try mirror.run("rebuild").exitCode == 0)
        try expectClean(mirror)
        #expect(try mirror.run("publish").exitCode == 0)
        let url = try mirror.document("other/json").objects("urls").first?.text("url")
        #expect(url?.hasPrefix("https://mirror.example/packages/") == true)
        try expectClean(mirror)
    }
}

extension TestMirror {
    /// A document, by its path below `pypi/`.
    func document(_ path: String) throws -> Report {
        let object = try JSONSerialization.jsonObject(with: Data(try contents("pypi/\(path)")))
        return Report(object: object as? [String: Any] ?? [:])
    }

    /// Whether there is a document, or a folder of them.
    func hasDocument(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: root.appending("web/pypi").appending(path).string)
    }

    /// All documents that readers see, by their paths.
    func documents() throws -> [String: [UInt8]] {
        var documents: [String: [UInt8]] = [:]
        for name in try listedProjects() {
            let folder = URL(fileURLWithPath: root.pushing(FilePath("web/pypi/\(name)")).string)
                .resolvingSymlinksInPath()
            for path in try FileManager.default.subpathsOfDirectory(atPath: folder.path)
            where path == "json" || path == "json.gz" || path.hasSuffix("/json") {
                documents["\(name)/\(path)"] = Array(try Data(contentsOf: folder.appendingPathComponent(path)))
            }
        }
        return documents
    }
}
