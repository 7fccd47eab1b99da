import Digest
import FileIO
import Foundation
import Logging
import SystemPackage
import Testing
import Transfer

/// An engine with a directory of its own, impatient enough for tests.
final class EngineFixture: Sendable {
    /// Where the files go.
    let directory: FilePath
    /// The engine.
    let engine: TransferEngine

    /// Starts an engine; its files go to a new directory, or to that of another engine.
    init(
        in existing: FilePath? = nil,
        fileSystem: any FileSystem = POSIXFileSystem(),
        transports: [String: any Transport] = [:],
        _ configure: (inout TransferConfiguration) -> Void = { _ in }
    ) throws {
        directory = try existing ?? TemporaryDirectory.make()
        var configuration = TransferConfiguration()
        configuration.backoffBase = .milliseconds(1)
        configuration.backoffLimit = .milliseconds(4)
        configuration.retryAfterLimit = .milliseconds(8)
        configuration.proxy = ""
        configure(&configuration)
        engine = try TransferEngine(
            configuration: configuration,
            transports: transports,
            fileSystem: fileSystem,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    deinit {
        engine.shutdown()
        try? POSIXFileSystem().removeTree(directory)
    }

    /// Downloads a file.
    func file(
        _ url: String,
        named name: String = "file",
        size: UInt64? = nil,
        digests: [DigestAlgorithm: [UInt8]] = [:]
    ) async -> Result<TransferResponse, TransferError> {
        let expectation = TransferRequest.Expectation(size: size, digests: digests)
        return await engine.perform(.file(url, to: directory.appending(name), expectation: expectation))
    }

    /// Downloads a page.
    func page(_ url: String, limit: UInt64? = nil) async -> Result<TransferResponse, TransferError> {
        var request = TransferRequest.page(url, accept: "text/html")
        request.maximumByteCount = limit
        return await engine.perform(request)
    }

    /// The names of the files that are there.
    var names: [String] { get throws { try POSIXFileSystem().list(directory).map(\.name).sorted() } }

    /// The bytes of a file that was downloaded.
    func bytes(_ name: String = "file") throws -> [UInt8] {
        try POSIXFileSystem().contents(of: directory.appending(name), limit: 1 << 30)
    }
}

/// Directories for tests.
enum TemporaryDirectory {
    /// Makes an empty one.
    static func make() throws -> FilePath {
        let path = FilePath(NSTemporaryDirectory()).appending("larder-transfer-\(UUID().uuidString)")
        try POSIXFileSystem().makeDirectory(path)
        return path
    }
}

extension Result where Success == TransferResponse, Failure == TransferError {
    /// Why it failed; `nil` when it did not.
    var code: TransferError.Code? {
        guard case .failure(let error) = self else { return nil }
        return error.code
    }
}

/// Waits for something that another thread brings about.
func eventually(_ location: SourceLocation = #_sourceLocation, _ condition: () throws -> Bool) async throws {
    for _ in 0..<20_000 {
        if try condition() { return }
        try await Task.sleep(for: .milliseconds(1))
    }
    Issue.record("it never came about", sourceLocation: location)
}

/// Bytes that do not compress, the same for the same count.
func noise(_ count: Int) -> [UInt8] {
    var state: UInt64 = 0x9e37_79b9_7f4a_7c15
    return (0..<count).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(truncatingIfNeeded: state >> 33)
    }
}
