import DemoUpstream
import TestSupport
import Testing

/// Mirrors of mirrors: the same state gives the same digest (I17).
@Suite("Chained mirrors") struct ChainTests {
    @Test("A mirror behind nginx is an upstream", .enabled(if: NginxServer.program != nil, "nginx is not installed"))
    func served() throws {
        let demo = try DemoFixture()
        let first = try TestMirror(of: demo.upstream.simpleURL)
        try expectSynced(first)
        let server = try NginxServer.serving(first)
        let second = try TestMirror(of: server.url("/simple/"))
        try expectSynced(second)
        #expect(try second.treeDigest == first.treeDigest)
        #expect(try second.sync().report.int("requests.metadata") == 1)
        try demo.upstream.apply(DemoUpstream.story)
        try expectSynced(first)
        try expectSynced(second)
        #expect(try second.filenames("demo-web").contains("demo_web-2.1.0-py3-none-any.whl"))
        #expect(try second.listedProjects() == first.listedProjects())
        #expect(try second.treeDigest == first.treeDigest)
    }

    @Test("A mirror's tree on disk is an upstream")
    func onDisk() throws {
        let demo = try DemoFixture()
        let first = try TestMirror(of: demo.upstream.simpleURL)
        try expectSynced(first)
        let second = try TestMirror(of: "file://\(first.root)/web/simple/")
        try expectSynced(second)
        #expect(try second.treeDigest == first.treeDigest)
    }

    private func expectSynced(_ mirror: TestMirror) throws {
        let result = try mirror.sync()
        #expect(result.exitCode == 0, "\(result)")
    }
}
