import Digest
import FileIO
import SystemPackage
import Testing
import Transfer

@Suite("file:// upstreams")
struct LocalFileTests {
    private let fileSystem = POSIXFileSystem()
    private let mode: FilePermissions = [.ownerReadWrite]

    @Test("3: a file below a root goes through the same checks, links and all")
    func good() async throws {
        let root = try TemporaryDirectory.make()
        defer { try? fileSystem.removeTree(root) }
        let body = noise(700_000)
        try fileSystem.makeDirectory(root.appending("objects"))
        try fileSystem.write(body, toNewFile: root.appending("objects/a b"), permissions: mode, durably: false)
        try fileSystem.symbolicLink(to: "objects", at: root.appending("links"))
        try fileSystem.symbolicLink(to: "../links/a b", at: root.appending("objects/c"))
        let fixture = try EngineFixture { $0.fileRoots = [root] }
        let digest = try SHA256Digest.hash(body)
        let url = "file://\(root)/links/c"
        let response = try await fixture.file(url, size: 700_000, digests: [.sha256: digest.bytes]).get()
        #expect(response.sha256 == digest && response.status == 200)
        #expect(try await fixture.page("file://\(root)/objects/a%20b").get().bytes == body)
        let validators = TransferRequest.Validators(etag: response.etag)
        let again = try await fixture.engine.perform(.page(url, accept: nil, validators: validators)).get()
        #expect(response.etag != nil && again.isNotModified)
        let wrong: [DigestAlgorithm: [UInt8]] = [.sha256: [UInt8](repeating: 0, count: 32)]
        guard case .wrongDigest = await fixture.file(url, named: "wrong", digests: wrong).code else {
            Issue.record("accepted")
            return
        }
        #expect(await fixture.file(url, named: "short", size: 9).code == .wrongSize(expected: 9, found: 700_000))
        #expect(try fixture.names == ["file"])
    }

    @Test("3: what is missing, empty, a directory or too long has a name of its own")
    func bad() async throws {
        let root = try TemporaryDirectory.make()
        defer { try? fileSystem.removeTree(root) }
        try fileSystem.write([], toNewFile: root.appending("empty"), permissions: mode, durably: false)
        try fileSystem.write(noise(10), toNewFile: root.appending("ten"), permissions: mode, durably: false)
        let fixture = try EngineFixture { $0.fileRoots = [root] }
        #expect(await fixture.page("file://\(root)/none").code == .fileNotFound)
        #expect(await fixture.page("file://\(root)/").code == .notAFile)
        #expect(await fixture.page("file://\(root)/empty").code == .emptyPage)
        #expect(await fixture.page("file://\(root)/ten", limit: 9).code == .tooLong(limit: 9, declared: 10))
        #expect(try await fixture.file("file://\(root)/empty").get().size == 0)
    }

    @Test("3: nothing outside the roots is read, however the URL or a link names it")
    func outside() async throws {
        let root = try TemporaryDirectory.make()
        defer { try? fileSystem.removeTree(root) }
        try fileSystem.symbolicLink(to: "/etc", at: root.appending("link"))
        try fileSystem.symbolicLink(to: "link/hosts", at: root.appending("chain"))
        let fixture = try EngineFixture { $0.fileRoots = [root] }
        let paths = [
            "/etc/hosts", "\(root)/../../etc/hosts", "\(root)/%2e%2e/x", "\(root)/link/hosts", "\(root)/chain",
            "\(root)x",
        ]
        for path in paths {
            #expect(await fixture.page("file://\(path)").code == .outsideFileRoots, "\(path)")
        }
        let closed = try EngineFixture()
        #expect(await closed.page("file:///etc/hosts").code == .outsideFileRoots)
    }

    @Test("A loop of links ends")
    func loop() async throws {
        let root = try TemporaryDirectory.make()
        defer { try? fileSystem.removeTree(root) }
        try fileSystem.symbolicLink(to: "b", at: root.appending("a"))
        try fileSystem.symbolicLink(to: "a", at: root.appending("b"))
        let fixture = try EngineFixture { $0.fileRoots = [root] }
        guard case .unreadable(let error) = await fixture.page("file://\(root)/a").code else {
            Issue.record("read")
            return
        }
        #expect(error.errno == .tooManySymbolicLinkLevels)
    }
}
