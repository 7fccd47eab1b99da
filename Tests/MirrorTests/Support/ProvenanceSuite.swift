import Digest
import Foundation
import Testing

/// Tests of a mirror of `demo`, whose only file has a provenance document, and of `six`, whose file has none.
protocol ProvenanceSuite: PublicationSuite {}

extension ProvenanceSuite {
    /// The file that has a document.
    var wheel: String { "demo-1.0-py3-none-any.whl" }
    /// Where readers find the document root.
    var base: String { "https://mirror.example/" }

    /// Serves `demo`, whose only file has a document, and `six`, whose file has none.
    @discardableResult
    func publish(_ change: (inout Provenance) -> Void = { _ in }, at name: String = "one") throws -> [UInt8] {
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
    func made(_ configuration: [String: String] = [:]) throws -> TestMirror {
        var all = ["retries": "0", "base-url": "\"\(base)\"", "removals": "\"100%\""]
        all.merge(configuration) { $1 }
        return try TestMirror(of: upstream.url, configuration: all)
    }

    /// The URL of the document on the page, which both forms have to name.
    func shown(by mirror: TestMirror, of project: String = "demo") throws -> String? {
        let url = try mirror.page(project).objects("files").first?.text("provenance")
        let html = String(decoding: try mirror.contents("simple/\(project)/index.html"), as: UTF8.self)
        let attribute = html.firstMatch(of: /data-provenance="([^"]*)"/).map { String($0.1) }
        #expect(attribute == url)
        return url
    }

    /// What readers get at the URL that the page names.
    func document(of mirror: TestMirror) throws -> [UInt8] {
        let url = try #require(try shown(by: mirror))
        #expect(url.hasPrefix(base))
        return try mirror.contents(String(url.dropFirst(base.count)))
    }

    /// Where a document is published, below the document root.
    func path(of document: [UInt8]) throws -> String {
        let hex = try SHA256Digest.hash(document).hex
        return "packages/\(hex.prefix(2))/\(hex.dropFirst(2).prefix(2))/\(hex.dropFirst(4))/\(wheel).provenance"
    }

    /// How many times documents were asked for.
    var askedFor: Int { upstream.requestedPaths.count { $0.hasPrefix("/integrity/") } }
}
