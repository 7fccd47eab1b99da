import Foundation
import TestSupport
import Testing

/// What every web server makes of the documents of PyPI's JSON API.
@Suite("Documents of web servers")
struct ServerDocumentTests {
    private static let documents = ["six/json", "six/1.0/json", "many/json", "many/1.3/json"]

    /// Expects every document below a path, as it lies in the tree.
    private func expectDocuments(below base: String, of fixture: ServerFixture, _ kind: WebServer) throws {
        for document in Self.documents {
            let path = "\(base)/pypi/\(document)"
            let file = String(path.dropFirst())
            let packed = try? fixture.mirror.contents("\(file).gz")
            // lighttpd cannot look whether there is a compressed one.
            let isCompressed = packed != nil && kind != .lighttpd
            for encoding in [nil, "identity", "gzip;q=0", "gzip", "br, gzip;q=0.5"] {
                let answer = try fixture.server.get(path, encoding.map { ["Accept-Encoding": $0] } ?? [:])
                let context: Comment = "\(path) \(encoding ?? "without Accept-Encoding")"
                #expect(answer.status == 200 && answer.fields["content-type"] == "application/json", context)
                #expect(answer.maxAge == 600 && answer.fields["x-content-type-options"] == "nosniff", context)
                #expect(answer.fields["x-pypi-last-serial"].flatMap { Int($0) } ?? 0 > 1_000_000_000, context)
                #expect(kind == .lighttpd || answer.varies == ["accept-encoding"], context)
                if isCompressed, encoding == "gzip" || encoding == "br, gzip;q=0.5" {
                    #expect(answer.fields["content-encoding"] == "gzip" && answer.body == packed, context)
                } else {
                    #expect(answer.fields["content-encoding"] == nil, context)
                    #expect(answer.body == (try fixture.mirror.contents(file)), context)
                }
                let tag = try #require(answer.fields["etag"])
                let again = ["Accept-Encoding": encoding ?? "identity", "If-None-Match": tag]
                #expect(try fixture.server.get(path, again).status == 304, context)
            }
            let head = try fixture.server.get(path, method: "HEAD")
            #expect(head.status == 200 && head.body.isEmpty, "\(path)")
        }
        for path in [
            "", "/", "/six", "/six/", "/six/1.0", "/six/1.0/", "/six/json/", "/six/json.gz", "/many/json.gz",
            "/six/index.html", "/six/index.v1_json", "/absent/json", "/absent/1.0/json", "/six/9.9/json",
            "/six/1.0/x/json",
            "/json", "/index.html",
        ] {
            for fields in [[:], ["Accept-Encoding": "gzip"]] {
                let answer = try fixture.server.get("\(base)/pypi\(path)", fields)
                #expect(answer.status == 404, "\(base)/pypi\(path)")
                #expect(answer.maxAge == nil && answer.fields["content-encoding"] == nil, "\(base)/pypi\(path)")
            }
        }
    }

    @Test("Documents are JSON, in the live tree and in a snapshot", arguments: WebServer.installed)
    func served(kind: WebServer) throws {
        let fixture = try ServerFixture(kind, named: "mirror")
        #expect((try? fixture.mirror.contents("pypi/many/json.gz")) != nil)
        let created = try fixture.mirror.run("snapshot", "create", "first")
        try #require(created.exitCode == 0, "\(created)")
        fixture.upstream.publish([try ScriptedProject("six", versions: ["1.0", "2.0"]).stating(serial: 2)])
        let result = try fixture.mirror.sync("six")
        try #require(result.exitCode == 0, "\(result)")
        try expectDocuments(below: "", of: fixture, kind)
        try expectDocuments(below: "/snapshots/first", of: fixture, kind)
        #expect(try fixture.server.get("/pypi/six/2.0/json").status == 200)
        #expect(try fixture.server.get("/snapshots/first/pypi/six/2.0/json").status == 404)
        #expect(try fixture.server.get("/snapshots/absent/pypi/six/json").status == 404)
    }
}
