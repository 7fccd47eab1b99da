import Digest
import FileIO
import Foundation
import SystemPackage
import TestSupport
import Transfer

/// A file that comes in pieces, and what is told of it.
struct ResumableFile: Sendable {
    /// Its bytes.
    let body: [UInt8]
    /// Its entity tag; `nil` for none.
    var etag: String? = "\"one\""
    /// Its date; `nil` for none.
    var lastModified: String?

    /// The lines of a head that say which version it is.
    var validators: [String] {
        (etag.map { ["ETag: \($0)"] } ?? []) + (lastModified.map { ["Last-Modified: \($0)"] } ?? [])
    }

    /// The first byte that a request asks for; `nil` when it wants all of them.
    static func start(_ request: ServerRequest) -> Int? {
        guard let range = request.header("Range"), range.hasPrefix("bytes="), range.hasSuffix("-") else { return nil }
        return Int(range.dropFirst(6).dropLast())
    }

    /// Answers as a server does that can send a part, and closes the connection after so many bytes of it.
    func answer(
        _ request: ServerRequest,
        on connection: ServerConnection,
        limit: Int? = nil
    ) -> ScriptedServer.Next {
        let start = Self.start(request)
        let first = start ?? 0
        var lines = ["HTTP/1.1 " + (start == nil ? "200 OK" : "206 Partial Content")] + validators
        lines.append("Content-Length: \(body.count - first)")
        if start != nil { lines.append("Content-Range: bytes \(first)-\(body.count - 1)/\(body.count)") }
        connection.send(lines.joined(separator: "\r\n") + "\r\n\r\n")
        let end = min(body.count, limit.map { first + $0 } ?? body.count)
        connection.send(Array(body[first..<end]))
        return end == body.count ? .keepAlive : .close
    }

    /// Answers with a part that is described by the test.
    func lie(_ range: String?, _ bytes: ArraySlice<UInt8>, on connection: ServerConnection) -> ScriptedServer.Next {
        let lines = validators + (range.map { ["Content-Range: \($0)"] } ?? [])
        connection.answer(Array(bytes), status: "206 Partial Content", headers: lines)
        return .keepAlive
    }

    /// What the index says of it.
    var expectation: TransferRequest.Expectation {
        get throws { .init(size: UInt64(body.count), digests: [.sha256: try SHA256Digest.hash(body).bytes]) }
    }
}

extension EngineFixture {
    /// The file that is continued.
    var part: FilePath { directory.appending("part") }

    /// Downloads a file so that it can be continued.
    func resume(
        _ url: String,
        alternatives: [String] = [],
        _ expectation: TransferRequest.Expectation
    ) async -> Result<TransferResponse, TransferError> {
        await engine.perform(
            TransferRequest(
                url: url,
                alternatives: alternatives,
                priority: .file,
                destination: .resumable(part),
                encoding: .identity,
                expectation: expectation
            )
        )
    }

    /// The permissions of a file.
    func mode(_ name: String = "part") throws -> Int? {
        let attributes = try FileManager.default.attributesOfItem(atPath: directory.appending(name).string)
        return attributes[.posixPermissions] as? Int
    }

    /// Leaves a part there, as an earlier run would.
    func leave(_ bytes: [UInt8]) throws {
        try POSIXFileSystem().write(
            bytes,
            toNewFile: part,
            permissions: [.ownerReadWrite, .groupRead, .otherRead],
            durably: false
        )
    }
}
