import Foundation
import Mirror
import SystemPackage
import TestSupport
import Testing

/// Provenance documents (PEP 740): kept and published where a base URL makes it possible.
@Suite("Provenance") struct ProvenanceTests: ProvenanceSuite {
    let upstream = ScriptedUpstream()

    @Test("A document is published under the URL that its bytes give it", arguments: LinkMode.allCases)
    func published(mode: LinkMode) throws {
        let bytes = try publish()
        let mirror = try made(["link": "\"\(mode.rawValue)\""])
        try expectSynced(mirror)
        #expect(try shown(by: mirror) == base + path(of: bytes))
        #expect(try shown(by: mirror, of: "six") == nil)
        #expect(try document(of: mirror) == bytes)
        try mirror.expectOrder(mode)
        try expectClean(mirror)
        try expectSynced(mirror)
        #expect(askedFor == 1)
        let first = try mirror.treeDigest

        // Another document has another URL, and who reads the page of before still gets the one of before.
        let next = try publish({ $0.note = "second" }, at: "two")
        try expectSynced(mirror)
        #expect(try document(of: mirror) == next)
        #expect(try mirror.contents(try path(of: bytes)) == bytes)
        #expect(try mirror.treeDigest == first)
        try mirror.expectOrder(mode)
        try expectClean(mirror)
        #expect(try mirror.run("rollback", "1").exitCode == 0)
        #expect(try document(of: mirror) == bytes)
        #expect(try mirror.run("publish").exitCode == 0)
        #expect(try document(of: mirror) == next)
    }

    @Test("Every server has a type for it, and caches may keep it", arguments: WebServer.installed)
    func served(kind: WebServer) throws {
        let bytes = try publish()
        let mirror = try made()
        try expectSynced(mirror)
        let server = try kind.serving(mirror)
        let answer = try server.get("/" + path(of: bytes))
        #expect(answer.status == 200 && answer.body == bytes)
        #expect(answer.fields["content-type"] == "application/vnd.pypi.integrity.v1+json")
        #expect(answer.maxAge == 31_536_000)
    }

    @Test("Without a base URL none is asked for, and one that comes later has them fetched without their pages")
    func turnedOn() throws {
        let bytes = try publish()
        let mirror = try TestMirror(of: upstream.url, configuration: ["retries": "0"])
        try expectSynced(mirror)
        #expect(askedFor == 0)
        #expect(try shown(by: mirror) == nil)
        // No secure origins, as the documents' URLs have to be of.
        for url in ["http://mirror.example/", "http://127.mirror.example/", "http://localhost.example/"] {
            try mirror.configure("base-url", "\"\(url)\"")
            try expectSynced(mirror)
            #expect(askedFor == 0, "\(url)")
        }
        try mirror.configure("base-url", "\"\(base)\"")
        let turned = try mirror.sync().report
        #expect(askedFor == 1)
        #expect(turned.int("files.downloaded") == 0 && turned.int("failures") == nil)
        #expect(try document(of: mirror) == bytes)
        try mirror.configure("base-url", "\"https://elsewhere.example/\"")
        #expect(try mirror.run("publish").exitCode == 0)
        #expect(try shown(by: mirror) == "https://elsewhere.example/" + path(of: bytes))
        try expectClean(mirror)
        try mirror.configure("base-url", "\"http://mirror.example/\"")
        try expectSynced(mirror)
        #expect(try shown(by: mirror) == nil)
        try expectClean(mirror)
        #expect(askedFor == 1)
        try mirror.configure("base-url", "\"\(base)\"")
        try expectSynced(mirror)
        #expect(try document(of: mirror) == bytes)
        try expectClean(mirror)
    }

    /// Documents that are not the provenance of the file.
    private static let wrong: [(name: String, change: @Sendable (inout Provenance) -> Void)] = [
        ("version", { $0.version = 2 }),
        ("no publisher", { $0.publisher = nil }),
        ("no attestation", { $0.attestations = 0 }),
        ("type", { $0.statementType = "https://in-toto.io/Statement/v0.1" }),
        ("no signature", { $0.signature = 1 }),
        ("no subject", { $0.subjects = [] }),
        ("two subjects", { $0.subjects += $0.subjects }),
        ("other name", { $0.subjects[0]["name"] = "demo-1.1-py3-none-any.whl" }),
        ("other digest", { $0.subjects[0]["digest"] = ["sha256": String(repeating: "0", count: 64)] }),
        ("no digest", { $0.subjects[0]["digest"] = nil }),
    ]

    @Test("What is not the provenance of the file is told once, and not published", arguments: wrong.indices)
    func refused(index: Int) throws {
        try publish(Self.wrong[index].change)
        try expectRefused(Self.wrong[index].name)
    }

    @Test("What is too large is told once") func tooLarge() throws {
        try publish()
        upstream.set("/integrity/one", .init(body: [UInt8](repeating: 0x20, count: 2 << 20)))
        try expectRefused("too large")
    }

    private func expectRefused(_ what: String) throws {
        let mirror = try made()
        let first = try mirror.sync()
        #expect(first.exitCode == 3, "\(what): \(first)")
        let failures = first.report.failures(of: "demo")
        #expect(failures.map { $0.text("file") } == [wheel + ".provenance"], "\(what)")
        #expect(failures.first?.text("url") == upstream.url(of: "/integrity/one"))
        #expect(try mirror.filenames("demo") == [wheel])
        #expect(try shown(by: mirror) == nil)
        try expectSynced(mirror)
        #expect(askedFor == 1)
        try expectClean(mirror)
        // Another one is looked at.
        let bytes = try publish(at: "two")
        try expectSynced(mirror)
        #expect(try document(of: mirror) == bytes)
    }

    @Test("The name within may be spelled otherwise") func spelled() throws {
        let bytes = try publish { $0.subjects[0]["name"] = "Demo-1.0-py3-None-any.whl" }
        let mirror = try made()
        try expectSynced(mirror)
        #expect(try document(of: mirror) == bytes)
    }

    /// What a server answers that has the document again tomorrow.
    private static let passing: [ScriptedUpstream.Reply] = [
        .failing("503 Service Unavailable"), .failing("404 Not Found"), .init(body: Array("<html>".utf8)),
    ]

    @Test("What cannot be had now is asked for again", arguments: passing.indices) func missing(index: Int) throws {
        let bytes = try publish()
        upstream.set("/integrity/one", Self.passing[index])
        let mirror = try made()
        for _ in 0..<2 {
            let result = try mirror.sync()
            #expect(result.exitCode == 3, "\(result)")
            #expect(result.report.failures(of: "demo").map { $0.text("file") } == [wheel + ".provenance"])
            #expect(try mirror.filenames("demo") == [wheel])
        }
        let why = try mirror.run("why", "demo")
        #expect(why.output.contains("its provenance is missing"), "\(why)")
        upstream.set("/integrity/one", .init(body: bytes))
        try expectSynced(mirror)
        #expect(try document(of: mirror) == bytes)
        try expectClean(mirror)
    }

    @Test("A document stays until the one that takes its place is here") func replaced() throws {
        let bytes = try publish()
        let mirror = try made()
        try expectSynced(mirror)
        let next = try publish({ $0.note = "second" }, at: "two")
        upstream.set("/integrity/two", .failing("503 Service Unavailable"))
        #expect(try mirror.sync().exitCode == 3)
        #expect(try document(of: mirror) == bytes)
        try expectClean(mirror)
        upstream.set("/integrity/two", .init(body: next))
        try expectSynced(mirror)
        #expect(try document(of: mirror) == next)
        try expectClean(mirror)
    }

    @Test("Mirrors of files, who could say anything, are not asked for it") func fileMirrors() throws {
        let bytes = try publish()
        let other = ScriptedUpstream()
        other.set("/integrity/one", .init(body: Array("{}".utf8)))
        let mirror = try made(["file-mirrors": "[\"\(other.origin)/\"]"])
        _ = try mirror.sync()
        #expect(try document(of: mirror) == bytes)
        #expect(!other.requestedPaths.contains("/integrity/one") && other.requestedPaths.contains("/files/\(wheel)"))
    }

    @Test("Names that a URL writes otherwise, and source archives, have theirs") func oddNames() throws {
        var project = try ScriptedProject("odd", versions: [])
        var documents: [String: [UInt8]] = [:]
        for (index, name) in ["odd-1!2.0+local.1-py3-none-any.whl", "odd-0.1 (1).tar.gz", "odd-1.0%41.tar.gz"]
            .enumerated()
        {
            var file = try ScriptedProject.File(filename: name, bytes: Array("bytes of \(name)".utf8))
            documents[name] = try Provenance(of: file).bytes
            file.provenance = upstream.url(of: "/integrity/\(index)")
            upstream.set("/integrity/\(index)", .init(body: try Provenance(of: file).bytes))
            project.files.append(file)
        }
        upstream.publish([project])
        let paths = project.files.map {
            "/files/" + ($0.filename.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")
        }
        for (path, file) in zip(paths, project.files) { upstream.set(path, .init(body: file.bytes)) }
        upstream.set("/simple/odd/", project.page { "../.." + paths[$0] })
        let mirror = try made()
        try expectSynced(mirror)
        for file in try mirror.page("odd").objects("files") {
            let name = try #require(file.text("filename"))
            let path = try #require(file.text("provenance")).dropFirst(base.count)
            #expect(try mirror.contents(try #require(path.removingPercentEncoding)) == documents[name], "\(name)")
        }
        try expectClean(mirror)
        #expect(try mirror.run("rebuild").exitCode == 0)
        try expectClean(mirror)
    }

    @Test(
        "Mirrors of mirrors hand it on, over HTTP and from disk",
        .enabled(if: NginxServer.program != nil, "nginx is not installed")
    )
    func chained() throws {
        let bytes = try publish()
        let first = try made()
        let server = try NginxServer.serving(first)
        try first.configure("base-url", "\"\(server.url("/"))\"")
        try expectSynced(first)
        #expect(try shown(by: first) == server.url("/") + path(of: bytes))
        let configuration = ["base-url": "\"\(base)\""]
        let second = try TestMirror(of: server.url("/simple/"), configuration: configuration)
        try expectSynced(second)
        #expect(try document(of: second) == bytes)
        let third = try TestMirror(of: "file://\(second.root)/web/simple/", configuration: configuration)
        try expectSynced(third)
        #expect(try document(of: third) == bytes)
        for mirror in [first, second, third] {
            #expect(try mirror.treeDigest == first.treeDigest)
            try expectClean(mirror)
        }
    }

    @Test("It goes with its file: blocked, collected, and kept by a snapshot") func collected() async throws {
        let bytes = try publish()
        let mirror = try made(["keep-generations": "0"])
        try expectSynced(mirror)
        let link = mirror.root.pushing(FilePath(try path(of: bytes)))
        let object = try mirror.object(withBytes: bytes)
        let (manager, collected) = (FileManager.default, try CollectedMirror(mirror))
        #expect(try mirror.run("snapshot", "create", "then").exitCode == 0)
        // Another document takes its place on the page.
        try publish({ $0.note = "second" }, at: "two")
        try expectSynced(mirror)
        try expectSynced(mirror)
        for _ in 0..<2 {
            _ = try await collected.collect { $0.acceptsRemovals = true }
            collected.wait(30 * CollectedMirror.day)
        }
        #expect(manager.fileExists(atPath: link.string) && manager.fileExists(atPath: object.string))
        #expect(try mirror.run("snapshot", "delete", "then").exitCode == 0)
        for _ in 0..<2 {
            _ = try await collected.collect { $0.acceptsRemovals = true }
            collected.wait(30 * CollectedMirror.day)
        }
        #expect(!manager.fileExists(atPath: link.string) && !manager.fileExists(atPath: object.string))
        try expectClean(mirror)

        let current = mirror.root.pushing(
            FilePath("web/" + (try #require(try shown(by: mirror)).dropFirst(base.count)))
        )
        #expect(manager.fileExists(atPath: current.string))
        #expect(try mirror.run("block", "demo==1.0").exitCode == 0)
        #expect(!manager.fileExists(atPath: current.string))
        try expectClean(mirror)
    }
}
