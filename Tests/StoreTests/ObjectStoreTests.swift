import Digest
import FileIO
import ObjectStore
import SystemPackage
import Testing

struct ObjectStoreTests {
    private let folder: TemporaryFolder
    private let store: ObjectStore
    private let files = POSIXFileSystem()

    init() throws {
        folder = try TemporaryFolder("objects", "tmp")
        store = ObjectStore(root: folder.path, fileSystem: files)
    }

    private func stage(_ text: String, as digest: SHA256Digest? = nil) throws -> StagedObject {
        let bytes = Array(text.utf8)
        let path = store.newStagingPath()
        try files.write(bytes, toNewFile: path, permissions: ObjectStore.permissions, durably: false)
        return StagedObject(path: path, digest: try digest ?? SHA256Digest.hash(bytes), size: UInt64(bytes.count))
    }

    @Test func placedBytesHaveTheNameOfTheirDigest() throws {
        let objects = try ["one", "two", "three", ""].map { try stage($0) }
        try store.place(objects)
        var hasher = try ObjectHasher(chunk: 2)
        for object in objects {
            let hex = object.digest.hex
            let path = folder.path.appending("objects/\(hex.prefix(2))/\(hex.dropFirst(2).prefix(2))/\(hex)")
            #expect(store.path(of: object.digest) == path)
            let status = try #require(try store.status(of: object.digest))
            #expect(status.size == object.size)
            #expect(status.permissions == ObjectStore.permissions)
            let (digest, size) = try #require(try store.rehash(object.digest, with: &hasher))
            #expect(digest == object.digest)
            #expect(size == object.size)
        }
        #expect(try files.list(store.stagingDirectory).isEmpty)
    }

    @Test func aLeftoverOfTheSameNameIsOverwritten() throws {
        let object = try stage("right")
        try store.place([try stage("wrong bytes of a crash", as: object.digest)])
        try store.place([object])
        #expect(try store.status(of: object.digest)?.size == 5)
    }

    @Test func whatIsMissingOrNoFileHasNoStatus() throws {
        let digest = try SHA256Digest.hash([1])
        #expect(try store.status(of: digest) == nil)
        try files.makeDirectories(store.path(of: digest))
        #expect(try store.status(of: digest) == nil)
        var hasher = try ObjectHasher()
        #expect(throws: ObjectError.self) { _ = try store.rehash(digest, with: &hasher) }
        #expect(throws: ObjectError.self) {
            _ = try store.rehash(try SHA256Digest.hash([2]), with: &hasher)
        }
    }

    @Test func rehashTellsWhatIsThere() throws {
        let object = try stage("right")
        try store.place([object])
        try files.remove(store.path(of: object.digest))
        try store.place([try stage("wrong!", as: object.digest)])
        var hasher = try ObjectHasher()
        let (digest, size) = try #require(try store.rehash(object.digest, with: &hasher))
        #expect(digest == (try SHA256Digest.hash(Array("wrong!".utf8))))
        #expect(size == 6)
    }

    @Test func aScanTellsObjectsFromStrangers() throws {
        let hex = "abcd" + String(repeating: "0123456789", count: 6)
        let others = [
            hex.uppercased(), String(hex.dropLast()), hex + "0", "abce" + hex.dropFirst(4), ".hidden",
            String(hex.dropLast()) + "g", hex + ".part",
        ]
        for name in [hex] + others { try folder.write("objects/ab/cd/\(name)", "bytes") }
        try files.makeDirectory(folder.path.appending("objects/ab/cd/directory"))
        let linked = String(hex.dropLast()) + "f"
        try files.symbolicLink(to: hex, at: folder.path.appending("objects/ab/cd/\(linked)"))
        let scan = try store.scan(shard: 0xabcd)
        #expect(scan.objects.map(\.digest.hex) == [hex])
        #expect(scan.objects.first?.size == 5)
        #expect(scan.objects.first?.permissions == [.ownerReadWrite])
        let strangers = (others + ["directory", linked]).map { "ab/cd/\($0)" }
        #expect(scan.strangers.sorted() == strangers.sorted())
        #expect(try store.scan(shard: 0xabce).objects.isEmpty)
    }

    @Test func aScanIsInTheOrderOfDigests() throws {
        var random = SeededGenerator(3)
        for _ in 0..<50 { try folder.write("objects/00/01/0001" + random.bytes(30).hex, "") }
        let digests = try store.scan(shard: 1).objects.map(\.digest)
        #expect(digests.count == 50)
        #expect(digests == digests.sorted())
    }

    @Test func stagingNamesAreNeverTheSame() async throws {
        let other = ObjectStore(root: folder.path, fileSystem: files)
        let store = store
        let names = await withTaskGroup(of: [FilePath].self) { group in
            for store in [store, other, store, other] {
                group.addTask { (0..<500).map { _ in store.newStagingPath() } }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
        #expect(Set(names).count == 2_000)
        #expect(names.allSatisfy { $0.removingLastComponent() == store.stagingDirectory })
    }
}
