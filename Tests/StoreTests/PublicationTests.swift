import Catalog
import Digest
import FileIO
import Publication
import Record
import Scheduling
import SimpleIndex
import SystemPackage
import Testing

struct PublicationTests {
    private typealias File = PublicationFixture.File

    private let small = [File(filename: "demo-1.0.tar.gz", content: "one")]
    private let large = [
        File(filename: "demo-1.0.tar.gz", content: "one"),
        File(filename: "demo-2.0-py3-none-any.whl", content: "two", sidecar: "metadata", yank: Yank(reason: "broken")),
    ]
    /// So many that the page has a compressed twin.
    private let many = (0..<8).map { File(filename: "many-\($0).0.tar.gz", content: "many \($0)") }

    @Test func theFirstPublicationShowsEverything() async throws {
        let mirror = try PublicationFixture()
        #expect(try mirror.publisher.live() == nil)
        try mirror.put("demo", large)
        try mirror.put("many", many)
        try mirror.put("empty", [])
        try mirror.put("gone", removal: Removal(cause: .upstream, time: 1), [])
        try mirror.put(
            "held",
            status: ProjectStatus(marker: .quarantined),
            [File(filename: "held-1.tar.gz", content: "x")]
        )
        let (generation, changed) = try await mirror.publisher.publish()
        #expect(generation.number == 1)
        #expect(changed == 5)
        #expect(generation.projects == 3)
        #expect(generation.files == 10)
        #expect(try mirror.publisher.live() == generation)
        let tree = try #require(try mirror.liveTree())
        #expect(tree.listed == ["demo", "empty", "many"])
        #expect(tree.pages.mapValues(\.count) == ["demo": 2, "many": 8, "empty": 0, "gone": 0, "held": 0])
        #expect(tree.pages["demo"]?.last?.hasSuffix("yanked") == true)
    }

    @Test(arguments: [Errno.notPermitted, .tooManyLinks, .notSupported, .noFunction])
    func whereThereAreNoSecondNamesPagesAreCopied(errno: Errno) async throws {
        let mirror = try PublicationFixture()
        mirror.faulty.refuse("link", with: errno)
        try mirror.put("demo", large)
        try mirror.put("many", many)
        _ = try await mirror.publisher.publish()
        #expect(try mirror.liveTree()?.pages.mapValues(\.count) == ["demo": 2, "many": 8])
        try mirror.put("demo", small)
        mirror.time.withLock { $0 += 100 }
        _ = try await mirror.publisher.publish()
        #expect(try mirror.liveTree()?.pages.mapValues(\.count) == ["demo": 1, "many": 8])
        // The copies carry the bytes and the time of what they are of.
        for page in ["simple/index", "simple/many/index", "simple/demo/index"] {
            for suffix in page == "simple/demo/index" ? [""] : ["", ".gz"] {
                let names = (html: "\(page).html\(suffix)", alias: "\(page).v1_html\(suffix)")
                #expect(try mirror.folder.read("web/\(names.html)") == mirror.folder.read("web/\(names.alias)"))
                #expect(try mirror.modificationTime(names.html) == mirror.modificationTime(names.alias))
            }
        }
    }

    @Test func nothingNewIsNoNewGeneration() async throws {
        let mirror = try PublicationFixture()
        try mirror.put("demo", small)
        let first = try await mirror.publisher.publish().generation
        mirror.time.withLock { $0 += 100 }
        try mirror.put("demo", small)
        mirror.faulty.forgetCalls()
        let second = try await mirror.publisher.publish()
        #expect(second.generation == first)
        #expect(second.changed == 0)
        #expect(mirror.faulty.calls.isEmpty)
    }

    @Test func aChangeWritesTheViewOfItsProjectOnly() async throws {
        let mirror = try PublicationFixture()
        try mirror.put("demo", small)
        try mirror.put("many", many)
        for number in 0..<20 { try mirror.put("other\(number)", []) }
        _ = try await mirror.publisher.publish()
        for round in 0..<3 {
            try mirror.put("demo", round % 2 == 0 ? large : small)
            mirror.faulty.forgetCalls()
            let (generation, changed) = try await mirror.publisher.publish()
            #expect(generation.number == UInt64(round) + 2)
            #expect(changed == 1)
            let views = mirror.folder.path.appending("views")
            let made = mirror.faulty.calls.filter { $0.operation == "create" && $0.path.starts(with: views) }
            #expect(made.map { $0.path.lastComponent?.string } == ["index.html", "index.v1_json"])
            let tree = try #require(try mirror.liveTree())
            #expect(tree.pages["demo"]?.count == (round % 2 == 0 ? 2 : 1))
            #expect(tree.pages.count == 22)
        }
        // The slot that is brought up again needs the links of what changed since, and no others.
        let links = mirror.faulty.calls.filter { $0.path.string.contains("/simple/") && $0.operation == "symlink" }
        #expect(links.count <= 2)
    }

    @Test func pagesGetLaterAndLaterTimesInWholeSeconds() async throws {
        let mirror = try PublicationFixture()
        var last: [String: Double] = [:]
        // A serial that stays makes the view of the third publication that of the first.
        for round in 0..<6 {
            try mirror.put("demo", serial: 5, round % 2 == 0 ? small : large)
            // The clock stands, or goes back.
            mirror.time.withLock { $0 -= Int64(round) }
            _ = try await mirror.publisher.publish()
            for name in ["index.html", "index.v1_json"] {
                for path in ["simple/demo/\(name)", "simple/\(name)"] {
                    let time = try mirror.modificationTime(path)
                    #expect(time == time.rounded())
                    #expect(time > last[path] ?? 0, "\(path) in round \(round)")
                    last[path] = time
                }
            }
            let alias = try mirror.modificationTime("simple/demo/index.v1_html")
            #expect(alias == last["simple/demo/index.html"])
        }
        let views = try POSIXFileSystem().list(mirror.folder.path.appending("views"))
        #expect(views.count <= 2)
    }

    @Test func aProjectWithoutSerialsKeepsItsOwnWhileItsPageSaysTheSame() async throws {
        let mirror = try PublicationFixture()
        try mirror.put("demo", small)
        _ = try await mirror.publisher.publish()
        try mirror.put("other", [])
        _ = try await mirror.publisher.publish()
        let key = try ProjectKey(try project("demo"))
        let read = {
            try mirror.catalog.read { catalog throws(CatalogError) in try catalog.row(of: key, in: Tables.published) }
        }
        #expect(try read()?.serial == 1)
        try mirror.put("demo", large)
        _ = try await mirror.publisher.publish()
        #expect(try read()?.serial == 3)
    }

    @Test func mirrorsThatHoldTheSameHaveOneTreeDigest() async throws {
        let first = try PublicationFixture()
        for (name, files) in [("demo", large), ("many", many), ("empty", [])] {
            try first.put(name, serial: 1, files)
            _ = try await first.publisher.publish()
        }
        let second = try PublicationFixture()
        second.time.withLock { $0 += 1_000 }
        try second.put("many", [])
        try second.put("demo", small)
        _ = try await second.publisher.publish()
        for (name, files) in [("empty", []), ("many", Array(many.reversed())), ("demo", large)] {
            try second.put(name, serial: 99, files)
        }
        let other = try await second.publisher.publish().generation
        let generation = try #require(try first.publisher.live())
        #expect(generation.treeDigest == other.treeDigest)
        #expect(generation.number == 3)
        #expect(try first.liveTree() == second.liveTree())
        try second.put("demo", serial: 99, small)
        #expect(try await second.publisher.publish().generation.treeDigest != generation.treeDigest)
        try second.put("demo", serial: 99, large)
        #expect(try await second.publisher.publish().generation.treeDigest == generation.treeDigest)
    }

    /// What is published before a fault, and what is to be published when it comes.
    private func putFirst(_ mirror: PublicationFixture) throws {
        try mirror.put("demo", small)
        try mirror.put("gone", small.map { File(filename: "gone-1.0.tar.gz", content: $0.content) })
        try mirror.put("same", serial: 3, [])
    }

    private func putSecond(_ mirror: PublicationFixture) throws {
        try mirror.put("demo", large)
        try mirror.put("gone", removal: Removal(cause: .upstream, time: 1), [])
        try mirror.put("many", many)
    }

    @Test func whateverFailsReadersSeeAWholeTreeAndTheNextPublicationEndsTheSame() async throws {
        let undisturbed = try PublicationFixture()
        try putFirst(undisturbed)
        _ = try await undisturbed.publisher.publish()
        let first = try #require(try undisturbed.liveTree())
        try putSecond(undisturbed)
        undisturbed.faulty.forgetCalls()
        let expected = try await undisturbed.publisher.publish().generation.treeDigest
        let second = try #require(try undisturbed.liveTree())
        let count = undisturbed.faulty.calls.count
        #expect(count > 30)
        for call in 1...count {
            let mirror = try PublicationFixture()
            try putFirst(mirror)
            _ = try await mirror.publisher.publish()
            try putSecond(mirror)
            // By turns an error that passes, and a disk that stays full.
            let isFull = call.isMultiple(of: 2)
            mirror.faulty.fail(call: call, with: isFull ? .noSpace : .ioError, forGood: isFull)
            let error = await #expect(throws: PublicationError.self, "call \(call)") {
                _ = try await mirror.publisher.publish()
            }
            #expect(error?.isDiskFailure == true)
            let failed = try #require(mirror.faulty.failedCall)
            let live = try mirror.liveTree()
            #expect(live == first || (live == second && failed.operation == "fsync"), "\(failed)")
            mirror.faulty.heal()
            let generation = try await mirror.publisher.publish().generation
            #expect(generation.treeDigest == expected, "\(failed)")
            #expect(try mirror.liveTree() == second, "\(failed)")
        }
    }

    @Test func aFaultInTheFirstPublicationLeavesNothingOrAWholeTree() async throws {
        var call = 0
        while true {
            call += 1
            let mirror = try PublicationFixture()
            try putFirst(mirror)
            mirror.faulty.fail(call: call, with: .ioError, forGood: false)
            let result = try? await mirror.publisher.publish()
            if mirror.faulty.failedCall == nil { break }
            #expect(result == nil)
            _ = try mirror.liveTree()
            let generation = try await mirror.publisher.publish().generation
            #expect(try mirror.liveTree()?.listed == ["demo", "gone", "same"])
            #expect(generation.files == 2)
        }
        #expect(call > 30)
    }

    @Test func aLostIndexIsPublishedAnewWhileReadersSeeAWholeTree() async throws {
        var call = 0
        while true {
            call += 1
            let folder: TemporaryFolder
            let expected: Generation
            let before: PublicationFixture.LiveTree
            weak var catalog: Catalog?
            do {
                let mirror = try PublicationFixture()
                folder = mirror.folder
                catalog = mirror.catalog
                try mirror.put("demo", serial: 1, large)
                expected = try await mirror.publisher.publish().generation
                before = try #require(try mirror.liveTree())
            }
            try await waitForRelease { catalog }
            let files = POSIXFileSystem()
            try files.removeTree(folder.path.appending("index"))
            try files.makeDirectory(folder.path.appending("index"))

            let mirror = try PublicationFixture(in: folder)
            try mirror.put("demo", serial: 1, large)
            mirror.faulty.fail(call: call, with: .noSpace, forGood: true)
            let result = try? await mirror.publisher.publish()
            #expect(try mirror.liveTree() == before, "\(String(describing: mirror.faulty.failedCall))")
            if result != nil { break }
            mirror.faulty.heal()
            #expect(try await mirror.publisher.publish().generation.treeDigest == expected.treeDigest)
            #expect(try mirror.liveTree() == before)
        }
        #expect(call > 10)
    }
}
