import Foundation
import SystemPackage
import TestSupport
import Testing

/// The pages for people in a browser.
@Suite(
    "Pages in a browser",
    .enabled(if: Browser.isInstalled, "Chromium is not installed; run tools/packages install test"),
    .serialized
)
struct BrowserTests {
    private static let hostile = "<img src=//elsewhere.invalid/x onerror=alert(1)><script>alert(2)</script>\u{202E}\"'&"

    /// Waits until a script of the page returns true.
    private func wait(_ browser: Browser, until condition: String) throws {
        for _ in 0..<500 {
            if try browser.run("return \(condition)") as? Bool ?? false { return }
            Thread.sleep(forTimeInterval: 0.02)
        }
        Issue.record("\(condition) never came; shown is \(try browser.text("return document.body.innerText"))")
    }

    private func expectQuiet(_ browser: Browser, host: String) throws {
        #expect(try browser.consoleLines().isEmpty)
        let requests = try browser.requests()
        #expect(!requests.isEmpty && requests.allSatisfy { $0.hasPrefix(host) }, "\(requests)")
    }

    /// A mirror with names and texts that a page must not take for its own.
    private func hostileMirror() throws -> ServerMirror {
        let made = try ServerMirror(named: "mirror")
        let filename = "odd-1.0<script>alert(3)<b>&quot;'x.tar.gz"
        let path = try #require(filename.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
        let file = try ScriptedProject.File(filename: filename, bytes: Array("some".utf8))
        made.upstream.set("/files/\(path)", .init(body: file.bytes))
        let entry: [String: Any] = [
            "filename": filename, "url": "../../files/\(path)", "size": 4, "yanked": Self.hostile,
            "hashes": ["sha256": file.claimedDigest], "requires-python": "<script>alert(4)</script>",
        ]
        made.upstream.set(
            "/simple/odd/",
            .json([
                "meta": ["api-version": "1.4", "_last-serial": 2], "name": "odd", "versions": ["1.0"],
                "files": [entry], "project-status": ["status": "archived", "reason": Self.hostile],
            ])
        )
        let result = try made.mirror.sync("odd", "--accept-removals")
        try #require(result.exitCode == 0, "\(result)")
        return made
    }

    @Test("Hostile names, reasons and requirements are shown as text; nothing is asked of another host")
    func hostile() throws {
        let made = try hostileMirror()
        let server = try WebServer.nginx.serving(made.mirror)
        let browser = try Browser()
        try browser.open(server.url("/project/odd/"))
        let shown = try browser.text("return document.body.textContent")
        #expect(shown.contains(Self.hostile) && shown.contains("odd-1.0<script>alert(3)<b>&quot;'x.tar.gz"))
        #expect(shown.contains("<script>alert(4)</script>"))
        #expect(try browser.run("return document.querySelectorAll('script, img, b').length") as? Int == 0)
        try expectQuiet(browser, host: server.url("/"))
        // The file can be had by its link.
        let href = try browser.text("return document.querySelector('tbody a').href")
        #expect(
            try server.get(String(href.dropFirst(server.url("").count)).components(separatedBy: "#")[0]).status == 200
        )
    }

    @Test("The search finds projects by keyboard, and leads to their pages; the address of the mirror is filled in")
    func search() throws {
        let made = try ServerMirror.shared()
        let server = try WebServer.nginx.serving(made.mirror)
        let browser = try Browser()
        try browser.open(server.url("/"))
        let code = try browser.text("return document.querySelector('pre.command code').textContent")
        #expect(code == "pip config set global.index-url \(server.url("/simple/"))")
        #expect(try !browser.text("return document.body.innerText").contains("THIS-SERVER"))
        #expect(try browser.run("return document.querySelectorAll('pre.command button').length") as? Int == 5)
        try browser.run("document.getElementById('query').focus()")
        try browser.type("S")
        try wait(browser, until: "document.getElementById('results').children.length === 1")
        #expect(try browser.text("return document.getElementById('search-state').textContent") == "1 project.")
        try browser.type("\u{E015}")
        #expect(try browser.text("return document.activeElement.textContent") == "six")
        try browser.type("\u{E00C}")
        #expect(try browser.text("return document.activeElement.id") == "query")
        try browser.type("\u{E007}")
        try wait(browser, until: "location.pathname.startsWith('/project/six/')")
        #expect(try browser.text("return document.querySelector('h1').textContent") == "six")
        try browser.open(server.url("/?q=nothing-like-that"))
        try wait(browser, until: "document.getElementById('search-state').textContent.startsWith('No project')")
        try expectQuiet(browser, host: server.url("/"))
    }

    @Test("The search works in 500,000 names, prefixes first, and from disk without a server")
    func largeList() throws {
        let made = try ServerMirror.shared()
        let folder = try TemporaryFolder()
        let files = FileManager.default
        let (web, copy) = (made.mirror.root.appending("web").string, folder.path.appending("web").string)
        try files.createDirectory(atPath: "\(copy)/pages", withIntermediateDirectories: true)
        for name in ["index.html", "pages/style.css", "pages/search.js", "pages/icon.svg"] {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(web)/\(name)"))
            try bytes.write(to: URL(fileURLWithPath: "\(copy)/\(name)"))
        }
        var names = (0..<500_000).map { "project-\(String($0, radix: 36))-\($0 % 97)" }
        names += ["zope", "zope-interface", "xzope", "a-zope", "py-zope-x"]
        let script = "larderNames=\" \(names.sorted().joined(separator: " ")) \";\n"
        try Data(script.utf8).write(to: URL(fileURLWithPath: "\(copy)/names.js"))
        let browser = try Browser()
        try browser.open("file://\(copy)/index.html")
        try browser.run("document.getElementById('query').focus()")
        try browser.type("Zope")
        try wait(browser, until: "document.getElementById('results').children.length === 5")
        let found = try browser.texts("return [...document.querySelectorAll('#results a')].map(a => a.textContent)")
        #expect(found == ["zope", "zope-interface", "a-zope", "py-zope-x", "xzope"])
        try browser.type("_.I")
        try wait(browser, until: "document.getElementById('results').children.length === 1")
        let link = try browser.text("return document.querySelector('#results a').href")
        #expect(link == "file://\(copy)/project/zope-interface/about.html")
        try browser.run("const field = document.getElementById('query'); field.value = ''; field.focus()")
        try browser.type("project")
        try wait(browser, until: "document.getElementById('search-state').textContent.includes('there are more')")
        #expect(try browser.run("return document.getElementById('results').children.length") as? Int == 50)
        #expect(try browser.consoleLines().isEmpty)
    }

    @Test("Pages fit 360 and 1400 pixels, light and dark, with a contrast that can be read", arguments: [false, true])
    func looks(isDark: Bool) throws {
        let made = try ServerMirror.shared()
        let server = try WebServer.nginx.serving(made.mirror)
        let browser = try Browser()
        for page in ["/", "/project/odd/", "/project/many/"] {
            try browser.open(server.url(page))
            for width in [360, 1400] {
                try browser.look(width: width, isDark: isDark)
                let fits = try browser.run("return document.documentElement.scrollWidth <= innerWidth")
                #expect(fits as? Bool == true, "\(page) \(width)")
            }
            #expect(try browser.texts(Self.faint).isEmpty, "\(page) \(isDark)")
            #expect(try browser.texts(Self.unreachable).isEmpty, "\(page)")
        }
    }

    /// Texts whose contrast with what is behind them is below 4.5 to 1 (WCAG 2.2, 1.4.3).
    private static let faint = """
        const parse = (text) => (text.match(/[0-9.]+/g) ?? []).map(Number);
        const light = (rgb) => rgb.slice(0, 3).map((value) => value / 255)
            .map((value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
            .reduce((sum, value, place) => sum + value * [0.2126, 0.7152, 0.0722][place], 0);
        const behind = (element) => {
            for (; element; element = element.parentElement) {
                const rgb = parse(getComputedStyle(element).backgroundColor);
                if (rgb.length === 3 || rgb[3] > 0) return light(rgb);
            }
            return 1;
        };
        return [...document.body.querySelectorAll("*")].filter((element) => {
            const hasText = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
            if (!hasText || element.localName === "noscript") return false;
            const both = [light(parse(getComputedStyle(element).color)), behind(element)].sort((a, b) => b - a);
            return (both[0] + 0.05) / (both[1] + 0.05) < 4.5;
        }).map((element) => element.outerHTML);
        """

    /// What a reader who does not see the page would miss.
    private static let unreachable = """
        const missing = [];
        const levels = [...document.querySelectorAll("h1, h2, h3")].map((heading) => Number(heading.localName[1]));
        if (levels[0] !== 1 || levels.filter((level) => level === 1).length !== 1) missing.push("h1");
        levels.forEach((level, place) => { if (place && level > levels[place - 1] + 1) missing.push("level " + level); });
        for (const name of ["header", "nav", "main", "footer"]) {
            if (document.querySelectorAll(name).length !== 1) missing.push(name);
        }
        if (document.documentElement.lang !== "en") missing.push("lang");
        for (const head of document.querySelectorAll("th")) if (!head.scope) missing.push(head.outerHTML);
        for (const field of document.querySelectorAll("input")) if (!field.labels.length) missing.push("label");
        for (const image of document.querySelectorAll("svg")) {
            const name = document.getElementById(image.getAttribute("aria-labelledby"));
            if (image.getAttribute("role") !== "img" || !name?.textContent) missing.push("title");
        }
        const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
        if (new Set(ids).size !== ids.length) missing.push("id");
        return missing;
        """
}
