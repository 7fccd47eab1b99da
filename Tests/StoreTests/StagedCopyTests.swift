import Digest
import FileIO
import ObjectStore
import SystemPackage
import Testing

/// Copies of objects on their way: checked as they are written, also where a file system shares their bytes.
@Suite("Staged copies") struct StagedCopyTests {
    private let folder: TemporaryFolder
    private let faulty = FaultyFileSystem()
    private let store: ObjectStore

    init() throws {
        folder = try TemporaryFolder("objects", "tmp")
        store = ObjectStore(root: folder.path, fileSystem: faulty)
    }

    private func source(_ bytes: [UInt8]) throws -> (path: FilePath, digest: SHA256Digest) {
        let path = folder.path.appending("source")
        try faulty.write(bytes, toNewFile: path, permissions: .ownerReadWrite, time: 1_700_000_000, durably: false)
        return (path, try SHA256Digest.hash(bytes))
    }

    @Test(
        "A copy has the bytes, the mode of objects and the time of its source",
        arguments: [false, true],
        [0, 1, 700_000]
    )
    func copied(isShared: Bool, size: Int) throws {
        if isShared { faulty.shareBytes() }
        let (path, digest) = try source((0..<size).map { UInt8($0 % 251) })
        let copy = try store.stageCopy(of: path, expecting: digest)
        #expect(copy.digest == digest && copy.size == UInt64(size))
        let status = try faulty.status(copy.path)
        #expect(status.permissions == ObjectStore.permissions && status.modificationTime == 1_700_000_000)
        #expect(try faulty.areEqual(copy.path, path))
        #expect(faulty.calls.contains { $0.operation == "ioctl" } == isShared)
    }

    @Test("Other bytes than those expected are no copy, and nothing is left", arguments: [false, true])
    func wrong(isShared: Bool) throws {
        if isShared { faulty.shareBytes() }
        let (path, digest) = try source([1, 2, 3])
        let other = try SHA256Digest.hash([1, 2])
        #expect { try store.stageCopy(of: path, expecting: other) } throws: { error in
            if case CopyError.wrong(digest) = error { true } else { false }
        }
        #expect { try store.stageCopy(of: folder.path.appending("none"), expecting: other) } throws: { error in
            if case CopyError.unreadable(let cause) = error { cause.isMissing } else { false }
        }
        faulty.fail(call: 1, with: .noSpace, forGood: true)
        #expect { try store.stageCopy(of: path, expecting: digest) } throws: { error in
            if case CopyError.unwritable(let cause) = error { cause.errno == .noSpace } else { false }
        }
        faulty.heal()
        #expect(try faulty.list(store.stagingDirectory).isEmpty)
    }

    @Test("Whether copies take room is known by trying", arguments: [false, true]) func room(isShared: Bool) throws {
        if isShared { faulty.shareBytes() }
        #expect(try store.sharesBytes() == isShared)
        #expect(try faulty.list(store.stagingDirectory).isEmpty)
    }
}
