import DemoUpstream
import Foundation
import SystemPackage
import TestSupport
import Testing

/// The pages for people in the published tree, as they stand there without any script.
@Suite("Pages for people") struct WebPageTests: PublicationSuite {
    let upstream = ScriptedUpstream()

    private func text(_ mirror: TestMirror, _ path: String) throws -> String {
        String(decoding: try mirror.contents(path), as: UTF8.self)
    }

    private func isThere(_ mirror: TestMirror, _ path: String) -> Bool {
        FileManager.default.fileExists(atPath: mirror.root.appending("web").pushing(FilePath(path)).string)
    }

    @Test("The front page tells what is here and how fresh it is, and never more than is known")
    func frontPage() throws {
        upstream.publish(try .good(3))
        let mirror = try TestMirror(of: upstream.url)
        #expect(!FileManager.default.fileExists(atPath: mirror.root.appending("pages/index.html").string))
        #expect(try mirror.sync().exitCode == 0)
        var page = try text(mirror, "index.html")
        #expect(page.contains("<strong>3 projects</strong> with <strong>3 files</strong>"))
        #expect(page.contains("never checked since the files arrived"))
        #expect(page.contains("<dt>Last verification</dt><dd>never</dd>"))
        #expect(page.contains("UTC</time>, complete</dd>") && page.contains("<dd>nothing</dd>"))
        #expect(page.contains("https://THIS-SERVER/simple/") && !page.contains("Held back"))
        #expect(page.contains("Growth is drawn from the second day on."))
        for client in ["pip config set", "UV_DEFAULT_INDEX", "poetry source add", "pdm config"] {
            #expect(page.contains(client), "\(client)")
        }

        #expect(try mirror.verify("--content").exitCode == 0)
        page = try text(mirror, "index.html")
        #expect(page.contains("100 % of 6 objects were read again since they arrived"))
        #expect(page.contains("found nothing wrong in what it looked at"))

        // A sync that is complete in part says so, and what it waits for.
        var projects = try [ScriptedProject].good(4)
        projects[3].files[0].claimedDigest = String(repeating: "0", count: 64)
        upstream.publish(projects)
        #expect(try mirror.sync().exitCode == 3)
        page = try text(mirror, "index.html")
        #expect(page.contains("complete in part") && page.contains("1 project, to be asked for again"))
    }

    @Test("While readers are held the front page says so; blocks and snapshots are on it at once")
    func changes() throws {
        let mirror = try synced(try .good(2))
        upstream.publish(try .good(3).map { $0.stating(serial: 2) })
        #expect(try mirror.sync().exitCode == 0)
        #expect(try text(mirror, "index.html").contains("<strong>3 projects</strong>"))
        #expect(try mirror.run("rollback").exitCode == 0)
        #expect(try text(mirror, "index.html").contains("<strong>Held back.</strong> Shown is generation 1"))
        #expect(try text(mirror, "index.html").contains("<strong>2 projects</strong>"))
        #expect(try text(mirror, "names.js") == "larderNames=\" good-00 good-01 \";\n")
        try expectClean(mirror)
        #expect(try mirror.run("publish").exitCode == 0)
        #expect(try !text(mirror, "index.html").contains("Held back"))
        #expect(try mirror.run("block", "good-01").exitCode == 0)
        #expect(try text(mirror, "index.html").contains("<strong>2 projects</strong>"))
        #expect(try mirror.run("snapshot", "create", "first").exitCode == 0)
        #expect(try text(mirror, "index.html").contains("href=\"snapshots/first/simple/index.html\""))
        #expect(try mirror.run("snapshot", "delete", "first").exitCode == 0)
        #expect(try !text(mirror, "index.html").contains("snapshots/first"))
        try expectClean(mirror)
    }

    @Test("A project's page lists what its simple page lists, with sizes, digests, times and yanks")
    func projectPage() throws {
        var project = try ScriptedProject("many", versions: (0..<12).map { "1.\($0)" }, kinds: [.wheel, .sdist])
        project.files[22].isYanked = true
        project.files[23].isYanked = true
        let mirror = try synced([project])
        let page = try text(mirror, "project/many/about.html")
        for file in try mirror.page("many").objects("files") {
            let (name, digest) = (try #require(file.text("filename")), try #require(file.text("hashes.sha256")))
            let url = try #require(file.text("url"))
            #expect(page.contains("<a href=\"\(url)#sha256=\(digest)\"><bdi>\(name)</bdi></a>"))
            #expect(page.contains("<code class=\"hash\">\(digest)</code>"))
            #expect(page.contains("<data value=\"\(try #require(file.int("size")))\">"))
            #expect(try !mirror.contents("project/many/\(url)").isEmpty)
        }
        #expect(page.contains("<dt>Latest release</dt><dd><bdi>1.10</bdi> of 2024-02-03</dd>"))
        #expect(page.contains("<bdi>1.11</bdi></h3> <span class=\"tag bad\">yanked</span>"))
        // Of many files only those of the latest release are open, and the newest release comes first.
        #expect(
            page.components(separatedBy: "<details").count == 13 && page.components(separatedBy: " open>").count == 2
        )
        let places = ["1.11", "1.10", "1.9", "1.0"].compactMap { page.range(of: "<bdi>\($0)</bdi></h3>")?.lowerBound }
        #expect(places.count == 4 && places == places.sorted())
        #expect(try !mirror.contents("project/many/about.html.gz").isEmpty)
        try expectClean(mirror)
    }

    @Test("What lists nothing has a page that says why: removed, blocked, quarantined")
    func nothingListed() throws {
        let mirror = try synced(try .good(4))
        upstream.remove("/simple/good-01/")
        upstream.set(
            "/simple/good-02/",
            .json([
                "meta": ["api-version": "1.4", "_last-serial": 2], "name": "good-02", "versions": [], "files": [],
                "project-status": ["status": "quarantined", "reason": "<b>bad</b> & worse"],
            ])
        )
        #expect(try mirror.sync("good-01", "good-02").exitCode == 0)
        #expect(try mirror.run("block", "good-03").exitCode == 0)
        let removed = try text(mirror, "project/good-01/about.html")
        #expect(removed.contains("Status: removed."))
        let quarantined = try text(mirror, "project/good-02/about.html")
        #expect(quarantined.contains("<strong>Status: quarantined.</strong>"))
        #expect(quarantined.contains("<bdi>&lt;b&gt;bad&lt;/b&gt; &amp; worse</bdi>"))
        #expect(try text(mirror, "project/good-03/about.html").contains("Status: blocked."))
        #expect(try text(mirror, "names.js") == "larderNames=\" good-00 \";\n")
        try expectClean(mirror)
        // A lost index is made anew to the same pages.
        try FileManager.default.removeItem(atPath: mirror.root.appending("index").string)
        #expect(try mirror.run("rebuild").exitCode == 0)
        try expectClean(mirror, "rebuilt")
        #expect(try text(mirror, "project/good-01/about.html") == removed)
        // Readers who are held see why, too.
        #expect(try mirror.run("rollback").exitCode == 0)
        try expectClean(mirror, "held")
    }

    @Test("Damage of pages, names and links is found, and mended to the same bytes")
    func damage() throws {
        let mirror = try synced(try .good(2))
        try expectClean(mirror)
        let page = try mirror.contents("project/good-00/about.html")
        let names = try mirror.contents("names.js")
        let web = mirror.root.appending("web").string
        let files = FileManager.default
        for name in ["project/good-00/about.html", "names.js", "names.js.gz", "pages", "project", "index.html"] {
            let path = "\(web)/\(name)"
            try files.removeItem(atPath: path)
            if name.hasSuffix("about.html") { #expect(files.createFile(atPath: path, contents: Data("<p>".utf8))) }
            let found = try mirror.verify("--publication")
            #expect((found.exitCode ?? 0) & 2 == 2, "\(name) \(found)")
            let mended = try mirror.verify("--repair")
            #expect(mended.exitCode == 8, "\(name) \(mended)")
            try expectClean(mirror, "\(name)")
        }
        #expect(try mirror.contents("project/good-00/about.html") == page)
        #expect(try mirror.contents("names.js") == names)
        // What any command makes anew needs no repair.
        try files.removeItem(atPath: mirror.root.appending("pages").string)
        #expect(try mirror.run("publish").exitCode == 0)
        for name in ["index.html", "pages/style.css"] { #expect(try !mirror.contents(name).isEmpty) }
    }

    @Test("Without web-pages there are none of them, and a mirror made so gets them later; base-url is told")
    func settings() throws {
        let mirror = try synced(try .good(2), ["web-pages": "false"])
        func expectPages(_ areThere: Bool, _ comment: Comment) throws {
            for path in ["index.html", "pages/style.css", "pages/search.js", "names.js", "project/good-00/about.html"] {
                #expect(isThere(mirror, path) == areThere, "\(path) \(comment)")
            }
            #expect(isThere(mirror, "simple/good-00/index.html") && isThere(mirror, "pypi/good-00/json"))
            try expectClean(mirror, comment)
        }
        try expectPages(false, "without")
        #expect(!FileManager.default.fileExists(atPath: mirror.root.appending("pages").string))
        try mirror.configure("web-pages", "true")
        try expectClean(mirror, "what is published without them is right")
        #expect(try mirror.sync().exitCode == 0)
        try expectPages(true, "later")
        try mirror.configure("base-url", "\"https://mirror.example/pypi\"")
        #expect(try mirror.run("publish").exitCode == 0)
        let page = try text(mirror, "index.html")
        #expect(page.contains("pip config set global.index-url https://mirror.example/pypi/simple/"))
        #expect(!page.contains("THIS-SERVER"))
        try mirror.configure("web-pages", "false")
        #expect(try mirror.run("publish").exitCode == 0)
        try expectPages(false, "taken off")
    }

    @Test("The history is bounded, and a damaged one begins anew")
    func history() throws {
        let mirror = try synced(try .good(1))
        let path = mirror.root.appending("pages/history.json").string
        func days() throws -> [[String: Any]] {
            let data = try Data(contentsOf: URL(fileURLWithPath: path))
            return (try JSONSerialization.jsonObject(with: data) as? [String: Any])?["days"] as? [[String: Any]] ?? []
        }
        let today: Int = try #require(try days().first?["day"] as? Int)
        let long = (0..<2_000).map { ["day": today - 2_000 + $0, "projects": $0, "files": 2 * $0, "complete": 1] }
        let data = try JSONSerialization.data(withJSONObject: ["days": long + [["day": today + 5, "projects": 1]]])
        try data.write(to: URL(fileURLWithPath: path))
        #expect(try mirror.sync().exitCode == 0)
        let kept = try days()
        #expect(kept.count == 731 && kept.last?["day"] as? Int == today && kept.last?["projects"] as? Int == 1)
        let page = try text(mirror, "index.html")
        #expect(page.contains("<strong>90 of 90 days</strong>") && page.contains("<polyline class=\"line\""))
        #expect(page.contains("at most 1,999"))
        // A clock that went back has nothing forgotten.
        let later = (0..<100).map { ["day": today + $0, "projects": 1, "files": 1] }
        try JSONSerialization.data(withJSONObject: ["days": later]).write(to: URL(fileURLWithPath: path))
        #expect(try mirror.run("publish").exitCode == 0)
        #expect(try days().count == 100)
        try Data("{".utf8).write(to: URL(fileURLWithPath: path))
        #expect(try mirror.run("publish").exitCode == 0)
        #expect(try days().count == 1)
    }
}
