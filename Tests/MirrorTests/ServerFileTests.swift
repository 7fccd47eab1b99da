import Foundation
import TestSupport
import Testing

/// What every web server makes of the paths of files, and of paths that are none.
@Suite("Files of web servers")
struct ServerFileTests {
    @Test("Files are served through their links, whole and in parts", arguments: WebServer.installed)
    func ranges(kind: WebServer) throws {
        let fixture = try ServerFixture(kind)
        let (server, path) = (fixture.server, try fixture.wheel)
        let bytes = try fixture.mirror.contents(String(path.dropFirst()))
        let whole = try server.get(path, ["Accept-Encoding": "gzip, deflate"])
        #expect(whole.status == 200 && whole.body == bytes)
        #expect(whole.fields["content-type"] == "application/octet-stream")
        #expect(whole.fields["content-encoding"] == nil)
        #expect(whole.fields["accept-ranges"] == "bytes")
        #expect(whole.fields["content-length"] == "\(bytes.count)")
        #expect(whole.fields["x-content-type-options"] == "nosniff")
        #expect(whole.maxAge == 31_536_000)
        let sidecar = try server.get(path + ".metadata")
        #expect(sidecar.status == 200 && sidecar.text.hasPrefix("Metadata-Version:"))
        #expect(sidecar.fields["content-type"] == "application/octet-stream")
        #expect(sidecar.fields["content-encoding"] == nil)

        let count = bytes.count
        for (range, first, last) in [
            ("10-15", 10, 15), ("-5", count - 5, count - 1), ("\(count - 3)-", count - 3, count - 1),
            ("0-0", 0, 0), ("1-\(count * 2)", 1, count - 1),
        ] {
            let part = try server.get(path, ["Range": "bytes=\(range)"])
            #expect(part.status == 206, "\(range)")
            #expect(part.body == Array(bytes[first...last]), "\(range)")
            #expect(part.fields["content-range"] == "bytes \(first)-\(last)/\(count)", "\(range)")
        }
        #expect(try server.get(path, ["Range": "bytes=\(count)-"]).status == 416)
        var tag = try #require(whole.fields["etag"])
        // httpd calls a tag weak as long as the file could change within the second of its time.
        for _ in 0..<50 where tag.hasPrefix("W/") {
            usleep(100_000)
            tag = try #require(try server.get(path).fields["etag"])
        }
        #expect(try server.get(path, ["Range": "bytes=-1", "If-Range": tag]).status == 206)
        #expect(try server.get(path, ["Range": "bytes=-1", "If-Range": "\"old\""]).status == 200)
        #expect(try server.get(path, ["If-None-Match": tag]).status == 304)
    }

    @Test("Whatever a file is called, its bytes are sent as they are", arguments: WebServer.installed)
    func oddNames(kind: WebServer) throws {
        let fixture = try ServerFixture(kind)
        let files = try fixture.mirror.page("odd").objects("files")
        #expect(files.count == ServerMirror.oddNames.count)
        for file in files {
            let name = try #require(file.text("filename"))
            let path = try #require(file.text("url")).replacing("../../", with: "/")
            let answer = try fixture.server.get(path, ["Accept-Encoding": "gzip"])
            #expect(answer.status == 200 && answer.text == "bytes of \(name)", "\(path)")
            #expect(answer.fields["content-type"] == "application/octet-stream", "\(path)")
            #expect(answer.fields["content-encoding"] == nil, "\(path)")
        }
        // As some clients write them.
        let plus = try #require(try fixture.paths("odd").first { $0.contains("local.1") })
        for written in ["+", "%2B", "%2b"] {
            let path = plus.replacing("%2B", with: "+").replacing("+", with: written)
            #expect(try fixture.server.get(path).status == 200, "\(path)")
        }
    }

    @Test("Paths that try to leave the tree, or to reach more of it, get nothing", arguments: WebServer.installed)
    func hostile(kind: WebServer) throws {
        let fixture = try ServerFixture(kind, named: "mirror")
        try fixture.mirror.folder.write("outside.txt", "secret")
        try fixture.mirror.folder.write("mirror/upstream.secret", "secret", mode: 0o644)
        let wheel = try fixture.wheel
        let up = ["..", "%2e%2e", ".%2e", "%2E.", "..;", "%252e%252e"]
        let slashes = ["/", "%2f", "%5c", "\\", "//", "/./"]
        var paths: [String] = []
        for dots in up {
            for slash in slashes {
                for start in ["/", "/simple/", "/simple/six/", "/packages/ab/"] {
                    for depth in [1, 2, 4] {
                        let rise = String(repeating: dots + slash, count: depth)
                        for end in ["upstream.secret", "outside.txt", "state.json"] {
                            paths.append(start + rise + end)
                        }
                    }
                }
            }
        }
        paths += [
            "/simple/six/%00", "/simple/six/%00/index.html", "\(wheel)%00", "\(wheel)/", "\(wheel)/../../../../../x",
            "//larder.toml", "/.git/config", "/.htaccess", "/simple/.htaccess", "/packages/.htpasswd",
            "/simple/six/.index.html.new", "/~root/", "/cgi-bin/x", "/simple/six/index.html/x", "/server-status",
            "/simple/six/index.html%20", "/simple/%0d%0aX-Injected:%201", "/simple/six%0d%0aX-Injected:%201",
            "http://127.0.0.1:1/larder.toml", "*", "larder.toml", "../larder.toml",
            "/packages/%c0%ae%c0%ae/larder.toml",
            "/" + String(repeating: "a/", count: 3_000), "/simple/" + String(repeating: "a", count: 3_000) + "/",
        ]
        for path in paths {
            // Some servers end the connection.
            guard let answer = try? fixture.server.get(path) else { continue }
            #expect((300...499).contains(answer.status), "\(path.prefix(100)): \(answer.status)")
            #expect(!answer.text.contains("secret") && !answer.text.contains("root:"), "\(path.prefix(100))")
            #expect(!answer.text.contains("[upstream]") && !answer.text.contains("sha256"), "\(path.prefix(100))")
            #expect(answer.fields["x-injected"] == nil, "\(path.prefix(100))")
            let location = answer.fields["location"] ?? "/simple/"
            #expect(location.hasPrefix("/") && !location.hasPrefix("//"), "\(path.prefix(100)): \(location)")
        }
        for method in ["POST", "PUT", "DELETE"] {
            #expect(try fixture.server.get("/simple/six/", method: method).status != 201)
        }
        #expect(try fixture.server.get(wheel).status == 200)
    }
}
