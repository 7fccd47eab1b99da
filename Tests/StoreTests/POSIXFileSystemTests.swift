import FileIO
import Glibc
import SystemPackage
import Testing

struct POSIXFileSystemTests {
    private let files = POSIXFileSystem()

    @Test(arguments: [0o444, 0o644, 0o600, 0o666, 0o000] as [CInterop.Mode])
    func aNewFileHasExactlyThePermissionsThatWereAskedFor(mode: CInterop.Mode) throws {
        let folder = try TemporaryFolder()
        let path = folder.path.appending("file")
        _ = try files.create(path, permissions: FilePermissions(rawValue: mode))
        #expect(try files.status(path).permissions == FilePermissions(rawValue: mode))
    }

    @Test func aNewFileReplacesNothing() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("file", "old")
        try files.symbolicLink(to: "elsewhere", at: folder.path.appending("link"))
        for name in ["file", "link"] {
            let error = #expect(throws: FileError.self) {
                _ = try files.create(folder.path.appending(name), permissions: .ownerReadWrite)
            }
            #expect(error?.errno == .fileExists)
        }
        #expect(try files.contents(of: path, limit: 100) == Array("old".utf8))
        #expect(try !files.exists(folder.path.appending("elsewhere")))
    }

    @Test func aLinkIsNotOpened() throws {
        let folder = try TemporaryFolder()
        try folder.write("file", "bytes")
        let link = folder.path.appending("link")
        try files.symbolicLink(to: "file", at: link)
        for access in [FileAccess.reading, .updating, .appending] {
            let error = #expect(throws: FileError.self) { _ = try files.open(link, for: access) }
            #expect(error?.errno == .tooManySymbolicLinkLevels)
        }
    }

    @Test func replaceMakesBytesDurableBeforeTheirNameAndTheNameAfterwards() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("state", "old")
        let faulty = FaultyFileSystem(synchronizes: true)
        try faulty.replace(path, with: Array("new".utf8), permissions: [.ownerRead])
        #expect(faulty.calls.map(\.operation) == ["unlink", "create", "write", "fsync", "rename", "fsync"])
        #expect(faulty.calls.last?.path == folder.path)
        #expect(try files.contents(of: path, limit: 3) == Array("new".utf8))
        #expect(try files.status(path).permissions == [.ownerRead])
        #expect(try files.list(folder.path).map(\.name) == ["state"])
    }

    @Test func replaceLeavesTheOldFileOrTheNewOneWhateverFails() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("state", "old")
        for call in 1...6 {
            let faulty = FaultyFileSystem()
            faulty.fail(call: call, with: .noSpace, forGood: true)
            let error = #expect(throws: FileError.self) { try faulty.replace(path, with: Array("new".utf8)) }
            #expect(error?.isDiskFailure == true)
            let found = try folder.read("state")
            #expect(found == Array((call < 6 ? "old" : "new").utf8), "call \(call)")
        }
        try files.replace(path, with: Array("newer".utf8))
        #expect(try folder.read("state") == Array("newer".utf8))
        #expect(try files.list(folder.path).map(\.name) == ["state"])
    }

    @Test func locksExcludeEachOtherUntilTheyEnd() throws {
        let folder = try TemporaryFolder()
        let path = folder.path.appending("lock")
        do {
            let first = try FileLock(path, waiting: false, fileSystem: files)
            let error = #expect(throws: FileError.self) { _ = try FileLock(path, waiting: false, fileSystem: files) }
            #expect(error?.errno == .wouldBlock)
            withExtendedLifetime(first) {}
        }
        _ = try FileLock(path, waiting: false, fileSystem: files)
        #expect(try files.status(path).size == 0)
    }

    @Test func contentsAreReadWholeOrNotAtAll() throws {
        let folder = try TemporaryFolder()
        for count in [0, 1, 4_095, 4_096, 4_097, 100_000] {
            let text = String(repeating: "x", count: count)
            let path = try folder.write("file", text)
            #expect(try files.contents(of: path, limit: count).count == count)
            guard count > 0 else { continue }
            let error = #expect(throws: FileError.self) { _ = try files.contents(of: path, limit: count - 1) }
            #expect(error?.errno == .fileTooLarge)
        }
    }

    @Test func aFileWithoutASizeIsReadToItsEnd() throws {
        // Files of /proc say that they have no bytes.
        #expect(try !files.contents(of: "/proc/self/stat", limit: 1 << 16).isEmpty)
        let error = #expect(throws: FileError.self) { _ = try files.contents(of: "/proc/self/stat", limit: 10) }
        #expect(error?.errno == .fileTooLarge)
    }

    @Test func removingATreeDoesNotFollowLinks() throws {
        let folder = try TemporaryFolder()
        try folder.write("kept/file", "kept")
        try folder.write("tree/below/file", "gone")
        try files.symbolicLink(to: "../kept", at: folder.path.appending("tree/link"))
        try files.symbolicLink(to: "../../kept/file", at: folder.path.appending("tree/below/link"))
        try files.removeTree(folder.path.appending("tree"))
        #expect(try files.list(folder.path).map(\.name) == ["kept"])
        #expect(try folder.read("kept/file") == Array("kept".utf8))
    }

    @Test func aListTellsKindsApart() throws {
        let folder = try TemporaryFolder("directory")
        try folder.write("regular", "")
        try files.symbolicLink(to: "directory", at: folder.path.appending("link"))
        #expect(mkfifo(folder.path.appending("pipe").string, 0o600) == 0)
        let found = try files.list(folder.path)
        let kinds = Dictionary(uniqueKeysWithValues: found.map { ($0.name, $0.kind) })
        #expect(kinds == ["directory": .directory, "regular": .regular, "link": .symbolicLink, "pipe": .other])
        for entry in found { #expect(try files.status(folder.path.appending(entry.name)).kind == entry.kind) }
    }

    @Test func aLinkIsReplacedInOneStepForReaders() throws {
        let folder = try TemporaryFolder()
        let link = folder.path.appending("web")
        try files.replaceSymbolicLink(to: "a", at: link)
        let faulty = FaultyFileSystem()
        try faulty.replaceSymbolicLink(to: "b", at: link)
        #expect(faulty.calls.filter { $0.path == link }.map(\.operation) == ["rename"])
        #expect(try files.readLink(link) == "b")
        #expect(try files.list(folder.path).map(\.name) == ["web"])
    }

    @Test func directoriesAreMadeAsFarAsTheyAreMissing() throws {
        let folder = try TemporaryFolder()
        try files.makeDirectories(folder.path.appending("a/b/c"))
        try files.makeDirectories(folder.path.appending("a/b/c"))
        #expect(try files.status(folder.path.appending("a/b/c")).kind == .directory)
        try folder.write("file", "")
        #expect(throws: FileError.self) { try files.makeDirectories(folder.path.appending("file/below")) }
    }

    @Test func timesAreWholeSeconds() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("file", "")
        try files.setModificationTime(1_234_567_890, of: path)
        var status = stat()
        #expect(lstat(path.string, &status) == 0)
        #expect(status.st_mtim.tv_sec == 1_234_567_890)
        #expect(status.st_mtim.tv_nsec == 0)
        #expect(try files.status(path).modificationTime == 1_234_567_890)
    }
}
