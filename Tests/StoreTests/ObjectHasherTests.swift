import Digest
import FileIO
import Glibc
import ObjectStore
import SystemPackage
import Testing

/// Files are hashed as they are on disk, whatever their size.
struct ObjectHasherTests {
    private let folder: TemporaryFolder
    private let files = POSIXFileSystem()

    init() throws {
        folder = try TemporaryFolder()
    }

    private func write(_ bytes: [UInt8], _ name: String) throws -> FilePath {
        let path = folder.path.appending(name)
        try files.write(bytes, toNewFile: path, permissions: ObjectStore.permissions, durably: false)
        return path
    }

    @Test(
        "One hasher hashes files of all sizes around its chunk, one after the other",
        arguments: [1, 4_096, 8_192, 1 << 20]
    )
    func sizes(chunk: Int) throws {
        var hasher = try ObjectHasher(chunk: chunk)
        let unit = max(chunk, 4_096)
        for size in [0, 1, 511, 4_095, 4_096, 4_097, unit - 1, unit, unit + 1, 3 * unit, 3 * unit + 17] {
            let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 9 &+ size) }
            let path = try write(bytes, "\(size)")
            let found = try #require(try hasher.hash(path, on: files))
            #expect(found.digest == (try SHA256Digest.hash(bytes)), "\(size) bytes in chunks of \(chunk)")
            #expect(found.size == UInt64(size))
            try files.removeIfPresent(path)
        }
    }

    @Test("Who is stopped within a file gives no digest, and the next file is right")
    func stopped() throws {
        var hasher = try ObjectHasher(chunk: 4_096)
        let bytes = [UInt8](repeating: 7, count: 50_000)
        let path = try write(bytes, "long")
        var chunks = 0
        let stopped = try hasher.hash(path, on: files) { _ in
            chunks += 1
            return chunks < 3
        }
        #expect(stopped == nil)
        #expect(chunks == 3)
        #expect(try hasher.hash(path, on: files)?.digest == SHA256Digest.hash(bytes))
    }

    @Test("What is not there, is no file or is a link cannot be read")
    func unreadable() throws {
        var hasher = try ObjectHasher()
        let path = try write([1], "file")
        try files.symbolicLink(to: "file", at: folder.path.appending("link"))
        for name in ["nothing", "link", ""] {
            #expect(throws: ObjectError.self) { _ = try hasher.hash(folder.path.appending(name), on: files) }
        }
        #expect(try hasher.hash(path, on: files)?.size == 1)
    }

    @Test("Files are opened past the page cache where that can be, and are whole where it cannot")
    func places() throws {
        // tmpfs has nothing but memory.
        for directory in [folder.path, FilePath("/dev/shm")] {
            let path = directory.appending("larder-hasher-\(getpid())-\(UInt64.random(in: 0 ... .max))")
            let bytes = [UInt8](repeating: 3, count: 70_001)
            try files.write(bytes, toNewFile: path, permissions: ObjectStore.permissions, durably: true)
            defer { try? files.removeIfPresent(path) }
            var hasher = try ObjectHasher(chunk: 65_536)
            #expect(try hasher.hash(path, on: files)?.digest == SHA256Digest.hash(bytes))
        }
    }

    @Test("Contexts of all algorithms can be used again")
    func contexts() throws {
        for algorithm in DigestAlgorithm.allCases {
            var hasher = try Hasher(algorithm)
            hasher.update([1, 2, 3])
            try hasher.reset()
            hasher.update([4])
            var fresh = try Hasher(algorithm)
            fresh.update([4])
            #expect(try hasher.finalize() == fresh.finalize())
        }
    }
}
