import Digest
import FileIO
import Logging
import SystemPackage
import Testing

@testable import Mirror

/// What a fetch writes, in which order, and what is left of it when the disk fails.
struct FetchRunTests {
    private let folder: TemporaryFolder
    private let files = POSIXFileSystem()
    private let names = (0..<6).map { "file-\($0).tar.gz" }

    init() throws {
        folder = try TemporaryFolder()
        try files.makeDirectory(source)
        for name in names {
            let path = source.appending(name)
            try files.write(bytes(name), toNewFile: path, permissions: [.ownerReadWrite], durably: false)
        }
    }

    private var source: FilePath { folder.path.appending("source") }

    private func bytes(_ name: String) -> [UInt8] { Array(repeatElement(name, count: 1_000).joined().utf8) }

    private func fetch(to target: FilePath, on fileSystem: any FileSystem) async throws(MirrorError) -> FetchReport {
        let digests = names.map { name in (try? SHA256Digest.hash(bytes(name)))?.hex ?? "" }
        let urls = zip(names, digests).map { "\(source.folderURL)\($0)#sha256=\($1)" }
        let run = try await FetchRun(
            FetchOptions(urls, to: .directory(target)),
            mirror: nil,
            fileSystem: fileSystem,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        return try await run.run()
    }

    @Test("5: Bytes are durable before names, names before the report, and both for all files together") func order()
        async throws
    {
        let faulty = FaultyFileSystem()
        let report = try await fetch(to: folder.path.appending("target"), on: faulty)
        #expect(report.outcome == .complete)
        #expect(report.downloaded == names.count)
        let calls = faulty.calls.map(\.operation)
        let synchronized = calls.indices.filter { calls[$0] == "syncfs" }
        let renamed = calls.indices.filter { calls[$0] == "rename" }
        let written = calls.indices.filter { ["create", "write", "chmod"].contains(calls[$0]) }
        #expect(renamed.count == names.count)
        // One group, unless this machine takes its time.
        #expect(synchronized.count >= 2 && synchronized.count <= 2 * names.count)
        #expect(!calls.contains("fsync"))
        for rename in renamed {
            #expect(synchronized.contains { $0 < rename })
            #expect(synchronized.contains { $0 > rename })
        }
        let last = try #require(synchronized.last)
        #expect((written + renamed).allSatisfy { $0 < last })
    }

    @Test(
        "5: Whatever call fails, what has its name is whole, and success is claimed for nothing else",
        arguments: [Errno.ioError, .noSpace]
    )
    func everyFault(errno: Errno) async throws {
        for number in 1... {
            let faulty = FaultyFileSystem()
            faulty.fail(call: number, with: errno, forGood: true)
            let target = folder.path.appending("target-\(number)")
            var report: FetchReport?
            var failure: MirrorError?
            do throws(MirrorError) {
                report = try await fetch(to: target, on: faulty)
            } catch {
                failure = error
            }
            let present = ((try? files.list(target)) ?? []).map(\.name).filter { !$0.contains(".partial") }
            for name in present {
                #expect(try files.contents(of: target.appending(name), limit: 1 << 20) == bytes(name), "\(number)")
            }
            guard faulty.failedCall != nil else {
                #expect(report?.outcome == .complete)
                #expect(present.sorted() == names)
                break
            }
            #expect(failure?.isDiskFailure == true, "\(number): \(faulty.failedCall.debugDescription)")
            let next = try await fetch(to: target, on: files)
            #expect(next.outcome == .complete, "\(number)")
            #expect(next.present == present.count)
            #expect(try files.list(target).map(\.name).sorted() == names, "\(number)")
        }
    }
}
