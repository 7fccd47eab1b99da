import Digest
import FileIO
import SystemPackage
import TestSupport
import Testing
import Transfer

/// Where bytes come from.
enum Source: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case http
    case file
    case memory

    var testDescription: String { rawValue }

    /// Those that can break off and come back, which a file on disk cannot.
    static let unsteady: [Source] = [.http, .memory]
}

/// An engine and three sources that have the same things, or each its own.
final class SourceFixture: Sendable {
    private let root: FilePath
    private let server: ScriptedServer
    /// What each source has, but for files, which lie on disk.
    let shelves: [Source: SourceShelf]
    /// The engine.
    let engine: EngineFixture

    /// Starts everything.
    init(
        fileSystem: any FileSystem = POSIXFileSystem(),
        _ configure: (inout TransferConfiguration) -> Void = { _ in }
    ) throws {
        let (web, memory) = (SourceShelf(), SourceShelf())
        let root = try TemporaryDirectory.make()
        shelves = [.http: web, .memory: memory]
        server = ScriptedServer { connection, request, _ in Self.answer(request, web, on: connection) }
        self.root = root
        engine = try EngineFixture(fileSystem: fileSystem, transports: ["memory": MemoryTransport(shelf: memory)]) {
            $0.fileRoots = [root]
            $0.retries = 2
            configure(&$0)
        }
    }

    deinit {
        for shelf in shelves.values { shelf.open() }
        engine.engine.shutdown()
        server.stop()
        try? POSIXFileSystem().removeTree(root)
    }

    /// The URL of something at a source.
    func url(_ name: String, at source: Source) -> String {
        switch source {
        case .http: server.url("/\(name)")
        case .file: "file://\(root)/\(name)"
        case .memory: "memory://store/\(name)"
        }
    }

    /// Puts something at a source.
    func put(_ thing: SourceThing, as name: String = "thing", at source: Source) throws {
        guard source == .file else {
            shelves[source]?.put(thing, as: name)
            return
        }
        try POSIXFileSystem().write(
            thing.body,
            toNewFile: root.appending(name),
            permissions: [.ownerReadWrite],
            durably: false
        )
    }

    /// How often a source was asked, as far as it counts.
    func attempts(at source: Source) -> Int? { shelves[source]?.readings.count }

    /// Downloads something as a file.
    func file(
        _ name: String = "thing",
        at source: Source,
        size: UInt64? = nil,
        digest: [UInt8]? = nil
    ) async -> Result<TransferResponse, TransferError> {
        let digests = digest.map { [DigestAlgorithm.sha256: $0] } ?? [:]
        return await engine.file(url(name, at: source), named: name, size: size, digests: digests)
    }

    private static func answer(
        _ request: ServerRequest,
        _ shelf: SourceShelf,
        on connection: ServerConnection
    ) -> ScriptedServer.Next {
        let start = ResumableFile.start(request)
        let name = request.path.split(separator: "/").last.map(String.init) ?? ""
        guard let (thing, limit) = shelf.take(name, from: start ?? 0) else {
            connection.answer(Array("none".utf8), status: "404 Not Found")
            return .keepAlive
        }
        var lines = thing.etag.map { ["ETag: \($0)"] } ?? []
        if thing.etag != nil, request.header("If-None-Match") == thing.etag {
            connection.send((["HTTP/1.1 304 Not Modified"] + lines).joined(separator: "\r\n") + "\r\n\r\n")
            return .keepAlive
        }
        if let type = thing.contentType { lines.append("Content-Type: \(type)") }
        let body = Array(thing.body[(start ?? 0)...])
        if let start {
            lines.append("Content-Range: bytes \(start)-\(thing.body.count - 1)/\(thing.body.count)")
        }
        lines.append(thing.tellsSize ? "Content-Length: \(body.count)" : "Transfer-Encoding: chunked")
        let status = start == nil ? "200 OK" : "206 Partial Content"
        connection.send((["HTTP/1.1 \(status)"] + lines).joined(separator: "\r\n") + "\r\n\r\n")
        let sent = limit.map { Array(body.prefix($0)) } ?? body
        if !thing.tellsSize, !sent.isEmpty { connection.send(String(sent.count, radix: 16) + "\r\n") }
        connection.send(sent)
        if limit != nil { return .close }
        if !thing.tellsSize { connection.send((sent.isEmpty ? "" : "\r\n") + "0\r\n\r\n") }
        return .keepAlive
    }
}
