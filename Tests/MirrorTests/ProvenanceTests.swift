import Digest
import Foundation
import Mirror
import SystemPackage
import TestSupport
import Testing

/// Provenance documents (PEP 740): kept and published where a base URL makes it possible, and as well looked after as files.
@Suite("Provenance") struct ProvenanceTests {
    private let upstream = ScriptedUpstream()
    private let wheel = "demo-1.0-py3-none-any.whl"
    private let base = "https://mirror.example/"

    /// Serves `demo`, whose only file has a document, and `six`, whose file has none.
    @discardableResult
    private func publish(_ change: (inout Provenance) -> Void = { _ in }, at name: String = "one") throws -> [UInt8] {
        var project = try ScriptedProject("demo")
        var provenance = try Provenance(of: project.files[0])
        change(&provenance)
        let bytes = try provenance.bytes
        project.files[0].provenance = upstream.url(of: "/integrity/\(name)")
        if name != "one" { project.serial = 2 }
        upstream.set("/integrity/\(name)", .init(body: bytes))
        upstream.publish([project, try ScriptedProject("six")])
        return bytes
    }

    /// A mirror with a base URL, not synced.
    private func made(_ configuration: [String: String] = [:]) throws -> TestMirror {
        var all = ["retries": "0", "base-url": "\"\(base)\"", "removals": "\"100%\""]
        all.merge(configuration) { $1 }
        return try TestMirror(of: upstream.url, configuration: all)
    }

    private func expectSynced(_ mirror: TestMirror, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let result = try mirror.sync()
        #expect(result.exitCode == 0, "\(result)", sourceLocation: sourceLocation)
    }

    private func expectRight(_ mirror: TestMirror, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let result = try mirror.verify()
        #expect(result.exitCode == 0, "\(result)", sourceLocation: sourceLocation)
    }

    /// The URL of the document on the page, which both forms have to name.
    private func shown(by mirror: TestMirror, of project: String = "demo") throws -> String? {
        let url = try mirror.page(project).objects("files").first?.text("provenance")
        let html = String(decoding: try mirror.contents("simple/\(project)/index.html"), as: UTF8.self)
        let attribute = html.firstMatch(of: /data-provenance="([^"]*)"/).map { String($0.1) }
        #expect(attribute == url)
        return url
    }

    /// What readers get at the URL that the page names.
    private func document(of mirror: TestMirror) throws -> [UInt8] {
        let url = try #require(try shown(by: mirror))
        #expect(url.hasPrefix(base))
        return try mirror.contents(String(url.dropFirst(base.count)))
    }

    private func path(of document: [UInt8]) throws -> String {
        let hex = try SHA256Digest.hash(document).hex
        return "packages/\(hex.prefix(2))/\(hex.dropFirst(2).prefix(2))/\(hex.dropFirst(4))/\(wheel).provenance"
    }

    private var askedFor: Int { upstream.requestedPaths.count { $0.hasPrefix("/integrity/") } }

    @Test("A document is published under the URL that its bytes give it", arguments: LinkMode.allCases)
    func published(mode: LinkMode) throws {
        let bytes = try publish()
        let mirror = try made(["link": "\"\(mode.rawValue)\""])
        try expectSynced(mirror)
        #expect(try shown(by: mirror) == base + path(of: bytes))
        #expect(try shown(by: mirror, of: "six") == nil)
        #expect(try document(of: mirror) == bytes)
        try mirror.expectOrder(mode)
        try expectRight(mirror)
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
        try expectRight(mirror)
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
        try expectRight(mirror)
        try mirror.configure("base-url", "\"http://mirror.example/\"")
        try expectSynced(mirror)
        #expect(try shown(by: mirror) == nil)
        try expectRight(mirror)
        #expect(askedFor == 1)
        try mirror.configure("base-url", "\"\(base)\"")
        try expectSynced(mirror)
        #expect(try document(of: mirror) == bytes)
        try expectRight(mirror)
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
        try expectRight(mirror)
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
        try expectRight(mirror)
    }

    @Test("A document stays until the one that takes its place is here") func replaced() throws {
        let bytes = try publish()
        let mirror = try made()
        try expectSynced(mirror)
        let next = try publish({ $0.note = "second" }, at: "two")
        upstream.set("/integrity/two", .failing("503 Service Unavailable"))
        #expect(try mirror.sync().exitCode == 3)
        #expect(try document(of: mirror) == bytes)
        try expectRight(mirror)
        upstream.set("/integrity/two", .init(body: next))
        try expectSynced(mirror)
        #expect(try document(of: mirror) == next)
        try expectRight(mirror)
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
        try expectRight(mirror)
        #expect(try mirror.run("rebuild").exitCode == 0)
        try expectRight(mirror)
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
            try expectRight(mirror)
        }
    }

    /// Where repairs get it from.
    enum Source: CaseIterable { case upstream, root, mirror }

    @Test("A damaged document is found, and had again", arguments: Source.allCases) func repaired(source: Source) throws
    {
        let bytes = try publish()
        let mirror = try made()
        try expectSynced(mirror)
        let other = try made()
        if source != .upstream { try expectSynced(other) }
        try rewrite(try mirror.object(withBytes: bytes)) { $0[0] ^= 1 }
        let found = try mirror.verify("--content")
        #expect(found.exitCode == 1, "\(found)")
        #expect(found.report.objects("findings").map { $0.text("file") } == [wheel + ".provenance"])
        if source != .upstream { upstream.set("/integrity/one", .failing("404 Not Found")) }
        let from: [String] =
            switch source {
            case .upstream: []
            case .root: ["--from", other.root.string]
            case .mirror: ["--from", "file://\(other.root)/web/simple/"]
            }
        let arguments = ["verify", "--json", "--repair", "--root", mirror.root.string]
        let repair = try Larder.run(arguments + from)
        #expect(repair.exitCode == 8, "\(repair)")
        #expect(try document(of: mirror) == bytes)
        try expectRight(mirror)
    }

    @Test("What nobody has any more is off the page, and comes back with a sync") func withdrawn() throws {
        let bytes = try publish()
        let mirror = try made()
        try expectSynced(mirror)
        let digest = try mirror.treeDigest
        let place = mirror.root.pushing(FilePath(try path(of: bytes)))
        try rewrite(try mirror.object(withBytes: bytes)) { $0[0] ^= 1 }
        upstream.set("/integrity/one", .failing("503 Service Unavailable"))
        let repair = try mirror.verify("--repair")
        #expect(repair.exitCode == 1, "\(repair)")
        #expect(try shown(by: mirror) == nil)
        #expect(try mirror.filenames("demo") == [wheel])
        #expect(!FileManager.default.fileExists(atPath: place.string))
        let after = try mirror.verify()
        #expect(after.exitCode == 1, "\(repair) \(after)")
        #expect(try mirror.sync().exitCode == 3)
        upstream.set("/integrity/one", .init(body: bytes))
        try expectSynced(mirror)
        #expect(try document(of: mirror) == bytes)
        #expect(try mirror.treeDigest == digest)
        try expectRight(mirror)
    }

    @Test("A file whose provenance is lost is still shown by a rollback and a snapshot") func lostInThePast() throws {
        let bytes = try publish()
        let mirror = try made()
        try expectSynced(mirror)
        #expect(try mirror.run("snapshot", "create", "then").exitCode == 0)
        try publish({ $0.note = "second" }, at: "two")
        try expectSynced(mirror)
        upstream.set("/integrity/one", .failing("404 Not Found"))
        try rewrite(try mirror.object(withBytes: bytes)) { $0[0] ^= 1 }
        _ = try mirror.verify("--repair")
        _ = try mirror.verify("--repair")
        for target in ["1", "then"] {
            let back = try mirror.run("rollback", target)
            #expect(back.exitCode == 0, "\(back)")
            #expect(try mirror.filenames("demo") == [wheel])
            #expect(try shown(by: mirror) == nil)
            #expect(try mirror.run("publish").exitCode == 0)
        }
        try expectRight(mirror)
    }

    @Test("A repair puts back no document of bytes that are others by now") func ofOtherBytes() throws {
        let bytes = try publish()
        let mirror = try made()
        let other = try made()
        try expectSynced(mirror)
        try expectSynced(other)
        try rewrite(try mirror.object(withBytes: bytes)) { $0[0] ^= 1 }
        upstream.set("/integrity/one", .failing("404 Not Found"))
        #expect(try mirror.verify("--repair").exitCode == 1)
        var project = try ScriptedProject("demo", versions: ["1.0"])
        project.files[0] = try .init(filename: wheel, bytes: Array("other bytes".utf8))
        project.files[0].provenance = upstream.url(of: "/integrity/two")
        project.serial = 3
        upstream.set("/integrity/two", .failing("503 Service Unavailable"))
        upstream.publish([project, try ScriptedProject("six")])
        _ = try mirror.sync("--accept-change", "demo")
        #expect(try shown(by: mirror) == nil)
        _ = try mirror.run("verify", "--repair", "--from", other.root.string)
        #expect(try shown(by: mirror) == nil)
        let now = try Provenance(of: project.files[0]).bytes
        upstream.set("/integrity/two", .init(body: now))
        try expectSynced(mirror)
        #expect(try document(of: mirror) == now)
    }

    @Test("An index that is made anew has it") func rebuilt() throws {
        let bytes = try publish()
        let mirror = try made()
        try expectSynced(mirror)
        let rebuild = try mirror.run("rebuild")
        #expect(rebuild.exitCode == 0, "\(rebuild)")
        try expectRight(mirror)
        try FileManager.default.removeItem(atPath: mirror.root.appending("index").string)
        #expect(try mirror.run("rebuild").exitCode == 0)
        try expectRight(mirror)
        try expectSynced(mirror)
        #expect(try document(of: mirror) == bytes)
        #expect(askedFor == 1)
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
        try expectRight(mirror)

        let current = mirror.root.pushing(
            FilePath("web/" + (try #require(try shown(by: mirror)).dropFirst(base.count)))
        )
        #expect(manager.fileExists(atPath: current.string))
        #expect(try mirror.run("block", "demo==1.0").exitCode == 0)
        #expect(!manager.fileExists(atPath: current.string))
        try expectRight(mirror)
    }
}
