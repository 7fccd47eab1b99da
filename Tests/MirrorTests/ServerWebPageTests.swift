import Foundation
import TestSupport
import Testing

/// What every web server makes of the pages for people.
@Suite("Pages of web servers")
struct ServerWebPageTests {
    private static let pages = [
        ("/", "index.html", "text/html"), ("/index.html", "index.html", "text/html"),
        ("/project/six/", "project/six/about.html", "text/html"),
        ("/project/many/", "project/many/about.html", "text/html"),
        ("/project/many/about.html", "project/many/about.html", "text/html"),
        ("/names.js", "names.js", "text/javascript"), ("/pages/search.js", "pages/search.js", "text/javascript"),
        ("/pages/style.css", "pages/style.css", "text/css"), ("/pages/icon.svg", "pages/icon.svg", "image/svg+xml"),
    ]

    @Test(
        "Pages and what they load have their types, may be kept as said, and are compressed",
        arguments: WebServer.installed
    )
    func served(kind: WebServer) throws {
        let fixture = try ServerFixture(kind)
        for (path, file, type) in Self.pages {
            let packed = try? fixture.mirror.contents("\(file).gz")
            // lighttpd cannot look whether there is a compressed one.
            let isCompressed = packed != nil && (kind != .lighttpd || file == "names.js")
            let isFront = file == "index.html"
            for encoding in [nil, "identity", "gzip;q=0", "gzip", "br, gzip;q=0.5"] {
                let fields = encoding.map { ["Accept-Encoding": $0] } ?? [:]
                let answer = try fixture.server.get(path, fields)
                let context: Comment = "\(path) \(encoding ?? "without Accept-Encoding")"
                #expect(answer.status == 200 && answer.fields["content-type"] == type, context)
                #expect(answer.fields["x-content-type-options"] == "nosniff", context)
                if isFront {
                    #expect(answer.fields["cache-control"] == "no-cache", context)
                } else {
                    #expect(answer.maxAge == 600, context)
                    #expect(answer.varies == ["accept-encoding"] || kind == .lighttpd && type == "text/html", context)
                }
                if type == "text/html" {
                    let policy = answer.fields["content-security-policy"] ?? ""
                    #expect(policy.contains("default-src 'none'; script-src 'self'; style-src 'self'"), context)
                }
                if isCompressed, encoding == "gzip" || encoding == "br, gzip;q=0.5" {
                    #expect(answer.fields["content-encoding"] == "gzip" && answer.body == packed, context)
                } else {
                    #expect(answer.fields["content-encoding"] == nil, context)
                    #expect(answer.body == (try fixture.mirror.contents(file)), context)
                }
                let tag = try #require(answer.fields["etag"])
                #expect(
                    try fixture.server.get(path, fields.merging(["If-None-Match": tag]) { $1 }).status == 304,
                    context
                )
            }
        }
        #expect((try? fixture.mirror.contents("project/many/about.html.gz")) != nil)
        for fields in [[:], ["Accept-Encoding": "gzip"]] {
            let redirect = try fixture.server.get("/project/six", fields)
            #expect(redirect.status == 301 && redirect.fields["location"] == "/project/six/")
            #expect(try fixture.server.get("/project/absent/", fields).status == 404)
            #expect(try fixture.server.get("/project/absent/", fields).maxAge == nil)
        }
    }

    @Test(
        "Without pages for people / leads to the list of projects, as it does before the first of them",
        arguments: WebServer.installed
    )
    func without(kind: WebServer) throws {
        let fixture = try ServerFixture(kind, named: "bare")
        try fixture.mirror.configure("web-pages", "false")
        let result = try fixture.mirror.run("publish")
        #expect(result.exitCode == 0, "\(result)")
        let start = try fixture.server.get("/")
        #expect(start.status == 302 && start.fields["location"] == "/simple/")
        for path in ["/project/six/", "/project/six/about.html", "/names.js", "/pages/style.css"] {
            #expect(try fixture.server.get(path).status == 404, "\(path)")
        }
    }
}
