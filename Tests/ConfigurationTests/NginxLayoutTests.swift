import Glibc
import Layouts
import SystemPackage
import TestSupport
import Testing

/// A mirror made by hand as `ROOT` is laid out: `web` to a slot, slots to views, package links to objects.
private struct HandMadeMirror {
    static let object = "0123456789abcdefghijklmnopqrstuvwxyz"
    static let package = "/packages/ab/cd/ef0123/six-1.0-py3-none-any.whl"

    let folder = try? TemporaryFolder()
    let root: FilePath

    init(name: String = "mirror") throws {
        let folder = try #require(folder)
        root = folder.path.appending(name)
        try folder.write("\(name)/objects/ab/cd/abcd", Self.object, mode: 0o444)
        try folder.link("\(name)\(Self.package)", to: "../../../../objects/ab/cd/abcd")
        try folder.write("\(name)/larder.toml", "secret")
        try folder.write("\(name)/upstream.secret", "secret")
        try folder.write("\(name)/status.json", "{}")
        for (slot, generation) in [("a", "first"), ("b", "second")] {
            try view("\(name)/views/\(slot)\(slot)/root", "root list, \(generation)")
            try view("\(name)/views/\(slot)\(slot)/six", "six, \(generation)")
            for form in ["index.html", "index.v1_html", "index.v1_json"] {
                for suffix in ["", ".gz"] {
                    try folder.link(
                        "\(name)/slots/\(slot)/simple/\(form)\(suffix)",
                        to: "../../../views/\(slot)\(slot)/root/\(form)\(suffix)"
                    )
                }
            }
            try folder.link("\(name)/slots/\(slot)/simple/six", to: "../../../views/\(slot)\(slot)/six")
            try folder.link("\(name)/slots/\(slot)/packages", to: "../../packages")
            try folder.link("\(name)/slots/\(slot)/status.json", to: "../../status.json")
        }
        try folder.link("\(name)/web", to: "slots/a")
    }

    private func view(_ path: String, _ text: String) throws {
        for form in ["html", "v1_html", "v1_json"] {
            try folder?.write("\(path)/index.\(form)", "\(text), \(form)")
            // What matters is which file is sent, not that it is compressed.
            try folder?.write("\(path)/index.\(form).gz", "\(text), \(form), compressed")
        }
    }

    /// Publishes slot b as larder does.
    func publish() throws {
        try folder?.link("\(root.lastComponent?.string ?? "")/web.new", to: "slots/b")
        try #require(rename("\(root)/web.new", "\(root)/web") == 0)
    }
}

extension OtherProgramTests {
    @Suite("nginx serves a mirror", .enabled(if: NginxServer.program != nil, "nginx is not installed"))
    struct NginxLayoutTests {
        private let mirror: HandMadeMirror
        private let server: NginxServer

        init() throws {
            let mirror = try HandMadeMirror()
            server = try NginxServer { listen in
                try Layout.nginx.render(root: mirror.root.string, listen: listen)
            }
            self.mirror = mirror
        }

        @Test("Each client gets the form that it asks for")
        func negotiation() throws {
            let json = "application/vnd.pypi.simple.v1+json"
            let html = "application/vnd.pypi.simple.v1+html"
            let forms: [(accept: String?, type: String, form: String)] = [
                (nil, "text/html", "html"),
                ("*/*", "text/html", "html"),
                ("text/html,application/xhtml+xml;q=0.9,*/*;q=0.8", "text/html", "html"),
                (json, json, "v1_json"),
                (html, html, "v1_html"),
                ("application/vnd.pypi.simple.latest+json", json, "v1_json"),
                ("\(json), \(html); q=0.1, text/html; q=0.01", json, "v1_json"),
                ("\(json);q=0, \(html);q=0.5, text/html;q=0.1", html, "v1_html"),
                ("APPLICATION/VND.PYPI.SIMPLE.V1+JSON", json, "v1_json"),
            ]
            for path in ["/simple/", "/simple/six/"] {
                let what = path == "/simple/" ? "root list, first" : "six, first"
                for (accept, type, form) in forms {
                    let answer = try server.get(path, accept.map { ["Accept": $0] } ?? [:])
                    #expect(answer.status == 200)
                    #expect(answer.fields["content-type"] == type, "\(accept ?? "none")")
                    #expect(answer.text == "\(what), \(form)", "\(accept ?? "none")")
                    #expect(answer.fields["vary"] == "Accept, Accept-Encoding")
                    #expect(answer.fields["cache-control"] == "public, max-age=600")
                    #expect(answer.fields["x-content-type-options"] == "nosniff")
                }
            }
        }

        @Test("A page without its slash is redirected, relative to the host")
        func redirects() throws {
            for (path, target) in [("/simple/six", "/simple/six/"), ("/simple", "/simple/")] {
                let answer = try server.get(path)
                #expect(answer.status == 301)
                #expect(answer.fields["location"] == target)
            }
            let start = try server.get("/")
            #expect(start.status == 302 && start.fields["location"] == "/simple/")
        }

        @Test("What is not published is not there")
        func absent() throws {
            for path in [
                "/simple/absent/", "/packages/ab/cd/absent.whl", "/packages/", "/packages/ab/", "/simple/six/index.xml",
                "/pypi/six/json",
                "/larder.toml", "/objects/ab/cd/abcd", "/web/",
            ] {
                let answer = try server.get(path)
                #expect([403, 404].contains(answer.status), "\(path)")
                #expect(answer.fields["cache-control"] == nil, "\(path)")
            }
        }

        @Test("Paths that try to leave the document root get nothing")
        func hostile() throws {
            for path in [
                "/packages/%2e%2e/%2e%2e/larder.toml", "/packages/../../upstream.secret",
                "/simple/..%2f..%2f..%2flarder.toml",
                "/simple/%2e%2e/%2e%2e/%2e%2e/etc/passwd", "/packages/..%5c..%5clarder.toml", "/simple/six/%00",
                "/simple/six/../../../upstream.secret", "//larder.toml", "/simple/%2e%2e%2f%2e%2e%2fupstream.secret",
            ] {
                let answer = try server.get(path)
                #expect((400...499).contains(answer.status), "\(path)")
                #expect(!answer.text.contains("secret"), "\(path)")
            }
        }

        @Test("A client that has a page is told so, for each form on its own")
        func conditional() throws {
            let json = ["Accept": "application/vnd.pypi.simple.v1+json"]
            let page = try server.get("/simple/six/", json)
            let tag = try #require(page.fields["etag"])
            let again = try server.get("/simple/six/", json.merging(["If-None-Match": tag]) { $1 })
            #expect(again.status == 304 && again.body.isEmpty)
            #expect(try server.get("/simple/six/", ["If-None-Match": tag]).status == 200)
            let since = ["If-Modified-Since": try #require(page.fields["last-modified"])]
            #expect(try server.get("/simple/six/", json.merging(since) { $1 }).status == 304)
        }

        @Test("A client that takes gzip gets the compressed page with its own tag")
        func compressed() throws {
            let plain = try server.get("/simple/six/")
            let answer = try server.get("/simple/six/", ["Accept-Encoding": "gzip, deflate"])
            #expect(answer.fields["content-encoding"] == "gzip")
            #expect(answer.fields["content-type"] == "text/html")
            #expect(answer.text == "six, first, html, compressed")
            #expect(answer.fields["etag"] != plain.fields["etag"])
        }

        @Test("Files are served through their links, whole and in parts")
        func packages() throws {
            let whole = try server.get(HandMadeMirror.package, ["Accept-Encoding": "gzip"])
            #expect(whole.status == 200 && whole.text == HandMadeMirror.object)
            #expect(whole.fields["content-type"] == "application/octet-stream")
            #expect(whole.fields["content-encoding"] == nil)
            #expect(whole.fields["cache-control"] == "public, max-age=31536000, immutable")
            let part = try server.get(HandMadeMirror.package, ["Range": "bytes=10-15"])
            #expect(part.status == 206 && part.text == "abcdef")
            #expect(part.fields["content-range"] == "bytes 10-15/36")
            let tag = try #require(whole.fields["etag"])
            #expect(try server.get(HandMadeMirror.package, ["Range": "bytes=-1", "If-Range": tag]).status == 206)
            #expect(try server.get(HandMadeMirror.package, ["Range": "bytes=-1", "If-Range": "\"old\""]).status == 200)
            #expect(try server.get(HandMadeMirror.package, ["Range": "bytes=36-"]).status == 416)
        }

        @Test("The status is JSON that is asked for anew each time")
        func status() throws {
            let answer = try server.get("/status.json")
            #expect(answer.text == "{}")
            #expect(answer.fields["content-type"] == "application/json")
            #expect(answer.fields["cache-control"] == "no-cache")
        }

        @Test("A generation that is published is served at once, without a reload")
        func publication() throws {
            #expect(try server.get("/simple/six/").text == "six, first, html")
            try mirror.publish()
            #expect(try server.get("/simple/six/").text == "six, second, html")
            #expect(try server.get("/simple/").text == "root list, second, html")
            #expect(try server.get(HandMadeMirror.package).text == HandMadeMirror.object)
        }

        @Test("A root with odd characters in its path works")
        func oddRoot() throws {
            let odd = try HandMadeMirror(name: "my \"mir'ror\"; {a} \\ #@é")
            let other = try NginxServer { listen in
                try Layout.nginx.render(
                    root: odd.root.string + "/",
                    listen: listen,
                    serverName: "mirror.example *.local"
                )
            }
            #expect(try other.get("/simple/six/").text == "six, first, html")
        }
    }

}

@Suite("Values in a layout")
struct LayoutValueTests {
    @Test("The file says how it is installed, and leaves nothing to fill in")
    func complete() throws {
        for layout in Layout.allCases {
            let text = try layout.render(root: "/srv/o'hara", listen: "[::]:80")
            #expect(text.contains("larder --root '/srv/o'\\''hara' layout \(layout.rawValue)"))
            #expect(text.contains("/srv/o'hara/web"))
            #expect(!text.contains("@"))
        }
    }

    @Test(
        "Values that would change the configuration are refused",
        arguments: [
            ("srv/mirror", "80", "_"), ("/srv/$host", "80", "_"), ("/srv/a\nb", "80", "_"), ("/srv", "80; root /", "_"),
            ("/srv", "", "_"), ("/srv", "80", "a;b"), ("/srv", "80", ""), ("/srv", "80", "a\nb"),
        ]
    )
    func refused(root: String, listen: String, serverName: String) {
        #expect(throws: LayoutError.self) {
            try Layout.nginx.render(root: root, listen: listen, serverName: serverName)
        }
    }
}
