import Foundation
import SystemPackage
import TestSupport
import Testing

/// What every web server answers with the configuration of its layout.
@Suite("Web servers")
struct ServerConformanceTests {
    private static let json = ServerFixture.json
    private static let html = ServerFixture.html

    @Test(
        "A server of each layout is here",
        .enabled(if: WebServer.installed == WebServer.allCases, "not all web servers are installed")
    )
    func complete() {
        #expect(WebServer.allCases.map(\.rawValue).sorted() == ["apache", "caddy", "larder", "lighttpd", "nginx"])
    }

    /// What clients send, and which page they get.
    private static let forms: [(accept: String?, type: String, file: String)] = [
        (nil, "text/html", "html"),
        ("*/*", "text/html", "html"),
        ("text/html", "text/html", "html"),
        ("text/html,application/xhtml+xml;q=0.9,*/*;q=0.8", "text/html", "html"),
        ("image/png", "text/html", "html"),
        ("application/json", "text/html", "html"),
        ("application/vnd.pypi.simple.v2+json", "text/html", "html"),
        (json, json, "v1_json"),
        (json.uppercased(), json, "v1_json"),
        ("application/vnd.pypi.simple.latest+json", json, "v1_json"),
        ("\(json), */*;q=0.1", json, "v1_json"),
        ("text/html;q=0.01,\(json);q=0.001", json, "v1_json"),
        // pip, uv.
        ("\(json), \(html); q=0.1, text/html; q=0.01", json, "v1_json"),
        ("\(json), \(html);q=0.2, text/html;q=0.01", json, "v1_json"),
        (html, html, "v1_html"),
        ("application/vnd.pypi.simple.latest+html", html, "v1_html"),
        ("\(html);q=0.5, text/html;q=0.1", html, "v1_html"),
        ("\(json);q=0, \(html);q=0.5, text/html;q=0.1", html, "v1_html"),
        ("\(json) ; q=0.000,\(html)", html, "v1_html"),
        ("\(json);q=0, text/html", "text/html", "html"),
        ("\(json);q=0, \(html);q=0.0, */*", "text/html", "html"),
    ]

    @Test("Each client gets the form that it asks for, and no other", arguments: WebServer.installed)
    func negotiation(kind: WebServer) throws {
        let fixture = try ServerFixture(kind)
        for page in ["simple/", "simple/six/", "simple/many/"] {
            for (accept, type, file) in Self.forms {
                let answer = try fixture.server.get("/\(page)", accept.map { ["Accept": $0] } ?? [:])
                let context: Comment = "\(page) \(accept ?? "without Accept")"
                #expect(answer.status == 200, context)
                #expect(answer.fields["content-type"] == type, context)
                #expect(answer.body == (try fixture.mirror.contents("\(page)index.\(file)")), context)
                #expect(answer.fields["content-encoding"] == nil, context)
                #expect(answer.varies == ["accept", "accept-encoding"], context)
                #expect(answer.maxAge == 600, context)
                #expect(answer.fields["x-content-type-options"] == "nosniff", context)
            }
            for (type, file) in [("text/html", "html"), (Self.html, "v1_html"), (Self.json, "v1_json")] {
                let answer = try fixture.server.get("/\(page)index.\(file)")
                #expect(answer.status == 200 && answer.fields["content-type"] == type, "\(page)index.\(file)")
            }
        }
        let asked = try fixture.server.get("/simple/six/?format=any", ["Accept": Self.json])
        #expect(asked.status == 200 && asked.fields["content-type"] == Self.json)
    }

    @Test("A page without its slash is redirected, relative to the host", arguments: WebServer.installed)
    func redirects(kind: WebServer) throws {
        let fixture = try ServerFixture(kind)
        for (path, target) in [("/simple/six", "/simple/six/"), ("/simple", "/simple/")] {
            for fields in [[:], ["Accept": Self.json], ["Accept-Encoding": "gzip"]] {
                let answer = try fixture.server.get(path, fields)
                #expect(answer.status == 301, "\(path)")
                #expect(answer.fields["location"] == target, "\(path)")
            }
        }
    }

    @Test("A client that takes gzip gets the compressed page, and the same bytes", arguments: WebServer.installed)
    func compressed(kind: WebServer) throws {
        let fixture = try ServerFixture(kind)
        // lighttpd cannot look whether there is a compressed page; the list of projects always has one.
        let pages = ["simple/"] + (kind == .lighttpd ? [] : ["simple/many/"])
        for page in pages {
            for (type, file) in [("text/html", "html"), (Self.html, "v1_html"), (Self.json, "v1_json")] {
                let plain = try fixture.server.get("/\(page)", ["Accept": type])
                for accepted in ["gzip", "gzip, deflate", "deflate, gzip;q=0.5", "br;q=1.0, gzip;q=0.8, *;q=0.1"] {
                    let fields = ["Accept": type, "Accept-Encoding": accepted]
                    let answer = try fixture.server.get("/\(page)", fields)
                    #expect(answer.fields["content-encoding"] == "gzip", "\(page) \(accepted)")
                    #expect(answer.fields["content-type"] == type)
                    #expect(answer.varies == ["accept", "accept-encoding"])
                    #expect(answer.maxAge == 600)
                    #expect(answer.body == (try fixture.mirror.contents("\(page)index.\(file).gz")))
                    let tag = try #require(answer.fields["etag"])
                    #expect(tag != plain.fields["etag"])
                    let again = try fixture.server.get("/\(page)", fields.merging(["If-None-Match": tag]) { $1 })
                    #expect(again.status == 304 && again.body.isEmpty)
                    // Behind a proxy or a CDN the same.
                    let proxied = try fixture.server.get("/\(page)", fields.merging(["Via": "1.1 cdn"]) { $1 })
                    #expect(proxied.fields["content-encoding"] == "gzip")
                }
                for refused in ["identity", "br", "deflate", "gzip;q=0", "gzip;q=0.0, identity"] {
                    let answer = try fixture.server.get("/\(page)", ["Accept": type, "Accept-Encoding": refused])
                    #expect(answer.fields["content-encoding"] == nil, "\(page) \(refused)")
                    #expect(answer.body == plain.body)
                }
            }
        }
        // A small page has no compressed one.
        for type in ["text/html", Self.html, Self.json] {
            let plain = try fixture.server.get("/simple/six/", ["Accept": type])
            let answer = try fixture.server.get("/simple/six/", ["Accept": type, "Accept-Encoding": "gzip"])
            #expect(answer.status == 200 && answer.fields["content-encoding"] == nil)
            #expect(answer.body == plain.body && answer.fields["content-type"] == type)
        }
    }

    @Test("A client that has a page is told so, for each form on its own", arguments: WebServer.installed)
    func conditional(kind: WebServer) throws {
        let fixture = try ServerFixture(kind)
        let server = fixture.server
        for path in ["/simple/", "/simple/many/"] {
            let json = ["Accept": Self.json]
            let page = try server.get(path, json)
            let tag = try #require(page.fields["etag"])
            let again = try server.get(path, json.merging(["If-None-Match": tag]) { $1 })
            #expect(again.status == 304 && again.body.isEmpty && again.fields["etag"] == tag)
            #expect(again.varies == ["accept", "accept-encoding"])
            #expect(try server.get(path, ["If-None-Match": tag]).status == 200)
            #expect(try server.get(path, json.merging(["If-None-Match": "\"other\""]) { $1 }).status == 200)
            let modified = try #require(page.fields["last-modified"])
            let since = ["If-Modified-Since": modified]
            #expect(try server.get(path, json.merging(since) { $1 }).status == 304)
            let long = ["If-Modified-Since": "Thu, 01 Jan 2015 00:00:00 GMT"]
            #expect(try server.get(path, json.merging(long) { $1 }).status == 200)
        }
    }

    @Test("HEAD is answered as GET is, without a body", arguments: WebServer.installed)
    func head(kind: WebServer) throws {
        let fixture = try ServerFixture(kind)
        for path in ["/simple/", "/simple/six/", try fixture.wheel] {
            let get = try fixture.server.get(path, ["Accept": Self.json])
            let head = try fixture.server.get(path, ["Accept": Self.json], method: "HEAD")
            #expect(head.status == 200 && head.body.isEmpty)
            for field in ["content-type", "content-length", "etag", "last-modified", "vary", "cache-control"] {
                #expect(head.fields[field] == get.fields[field], "\(path) \(field)")
            }
        }
        #expect(try fixture.server.get("/simple/absent/", method: "HEAD").status == 404)
    }

    @Test("What is not published is not there, and nobody remembers that for long", arguments: WebServer.installed)
    func absent(kind: WebServer) throws {
        let fixture = try ServerFixture(kind)
        let server = fixture.server
        // uv goes on to its next index after 404 only, and bandersnatch to its next project.
        for path in [
            "/simple/absent/", "/simple/absent", "/packages/ab/cd/absent.whl", "/simple/six/index.xml",
            "/snapshots", "/snapshots/", "/snapshots/absent", "/snapshots/absent/", "/snapshots/absent/simple/",
            "/snapshots/absent/simple", "/generation.json.minisig", "/larder.toml",
        ] {
            for fields in [[:], ["Accept": Self.json], ["Accept-Encoding": "gzip"]] {
                let answer = try server.get(path, fields)
                #expect(answer.status == 404, "\(path)")
                #expect(answer.maxAge == nil && answer.fields["content-encoding"] == nil, "\(path)")
            }
        }
        for path in [
            "/packages", "/packages/", "/packages/ab/", "/packages/ab", "/web/", "/projects.txt", "/state.json",
            "/objects/", "/records/", "/views/", "/index/data.mdb",
            "/simple.json", "/simplest/", "/favicon.ico", "/status.json/", "/status.json.gz", "/pages",
            "/generation.json/", "/generation.json.gz", "/generationXjson", "/generation.jsonx",
            "/pages/", "/pages/history.json", "/pages/index.html", "/pages/style.css.gz", "/project",
            "/project/", "/project/index.html", "/project/six/index.html", "/project/six/json", "/project/absent",
            "/project/absent/", "/project/six/about.html.gz", "/project/many/about.html.gz",
        ] + (kind == .lighttpd ? [] : ["/names.js.gz"]) {
            let answer = try server.get(path)
            // A folder may get its slash first.
            #expect([301, 403, 404].contains(answer.status), "\(path)")
            #expect(answer.maxAge == nil, "\(path)")
        }
    }

    @Test("Status, generation and signature are asked for anew each time", arguments: WebServer.installed)
    func status(kind: WebServer) throws {
        let fixture = try ServerFixture(kind, named: "signed")
        let key = fixture.mirror.folder.path.appending("mirror.key").string
        #expect(try Larder.run(["keygen", key]).exitCode == 0)
        try fixture.mirror.configure("signing-key", "\"\(key)\"")
        #expect(try fixture.mirror.run("publish").exitCode == 0)
        for (name, type) in [
            ("status.json", "application/json"), ("generation.json", "application/json"),
            ("generation.json.minisig", "text/plain"),
        ] {
            let answer = try fixture.server.get("/\(name)")
            #expect(answer.body == (try fixture.mirror.contents(name)), "\(name)")
            #expect(answer.fields["content-type"]?.split(separator: ";").first.map(String.init) == type)
            #expect(answer.fields["cache-control"] == "no-cache")
        }
    }

    @Test(
        "A generation that is published is served at once, without a reload, from a root with odd characters",
        arguments: WebServer.installed
    )
    func publication(kind: WebServer) throws {
        let odd = [
            WebServer.nginx: "my \"mir'ror\"; {a} \\ #@é*[b]", .apache: "my \"mir'ror\"; {a} #@é% >",
            .caddy: "my \"mir'ror\"; #@é$%(b)", .larder: "my \"mir'ror\"; {a} \\ #@é%[b]\u{1}",
            .lighttpd: "my mir'ror; {a} #@é$%*[b]",
        ]
        let fixture = try ServerFixture(kind, named: odd[kind])
        func served() throws -> [String] {
            for page in ["simple/", "simple/six/"] {
                let answer = try fixture.server.get("/\(page)", ["Accept": Self.json])
                #expect(answer.body == (try fixture.mirror.contents("\(page)index.v1_json")))
            }
            return try fixture.mirror.filenames("six")
        }
        #expect(try served().count == 1)
        fixture.upstream.publish([try ScriptedProject("six", versions: ["1.0", "2.0"]).stating(serial: 2)])
        let result = try fixture.mirror.sync("six")
        #expect(result.exitCode == 0, "\(result)")
        #expect(try served().count == 2)
        #expect(try fixture.server.get(fixture.wheel).status == 200)
    }
}
