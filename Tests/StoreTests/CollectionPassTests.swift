import Catalog
import Digest
import FileIO
import Mirror
import ObjectStore
import Publication
import Scheduling
import SystemPackage
import Testing

/// A mirror that does not fit the memory is collected in passes, wherever they are cut off (I3, I5, I10).
@Suite("Collection in several passes") struct CollectionPassTests {
    private static let kept = 40
    private static let gone = 32

    /// A published mirror with objects that its record lists, and others with links of their own.
    private struct Collected {
        let fixture: ScrubFixture
        let objects: [SHA256Digest]

        init() throws {
            fixture = try ScrubFixture()
            objects = []
        }

        private init(_ fixture: ScrubFixture, _ objects: [SHA256Digest]) {
            self.fixture = fixture
            self.objects = objects
        }

        var kept: [SHA256Digest] { Array(objects.prefix(CollectionPassTests.kept)) }
        var gone: [SHA256Digest] { Array(objects.dropFirst(CollectionPassTests.kept)) }

        /// Makes all of it.
        func filled(in mirror: MirrorRoot) async throws -> Collected {
            let count = CollectionPassTests.kept + CollectionPassTests.gone
            let objects = try fixture.store((0..<count).map { _ in (stored: 9, verified: nil) }, in: mirror)
            let collected = Collected(fixture, objects)
            let files = POSIXFileSystem()
            for digest in objects {
                let link = fixture.root.appending("packages").pushing(FilePath(PackagePath(digest).text))
                try files.makeDirectories(link)
                let number = objects.firstIndex(of: digest) ?? 0
                try files.symbolicLink(to: PackageLinks.target(of: digest), at: link.appending("demo-\(number).tar.gz"))
            }
            _ = try fixture.storeRecord(listing: collected.kept, in: mirror)
            let key = try ProjectKey(try project("demo"))
            try mirror.catalog.write { catalog throws(CatalogError) in
                try catalog.put(Mark(), under: key, in: Tables.unpublished)
            }
            _ = try await mirror.publish()
            return collected
        }

        /// Without grace, in four passes.
        static var options: CollectionOptions {
            var options = CollectionOptions()
            options.grace = 0
            options.passSize = 18
            return options
        }

        /// How many of some objects have a file, a row and a link.
        func count(of objects: [SHA256Digest], in mirror: MirrorRoot) throws -> (files: Int, rows: Int, links: Int) {
            let files = try objects.count { try mirror.objects.status(of: $0) != nil }
            let rows = try mirror.catalog.read { catalog throws(CatalogError) in
                var rows = 0
                for digest in objects where try catalog.contains(digest, in: Tables.objects) { rows += 1 }
                return rows
            }
            let links = try objects.count { digest in
                let link = fixture.root.appending("packages").pushing(FilePath(PackagePath(digest).text))
                let number = self.objects.firstIndex(of: digest) ?? 0
                return try POSIXFileSystem().exists(link.appending("demo-\(number).tar.gz"))
            }
            return (files, rows, links)
        }

        /// Expects what must be there, wherever a collection was cut off.
        func expectWhole(_ mirror: MirrorRoot, _ comment: Comment) async throws {
            #expect(try count(of: kept, in: mirror) == (kept.count, kept.count, kept.count), comment)
            let report = try await mirror.verify(VerifyOptions([.quick, .publication, .index]))
            // An object whose row is gone and whose file is not yet is the most that may be left.
            #expect(report.findings.allSatisfy { $0.kind == .orphan }, "\(comment): \(report.findings)")
        }

        /// Expects that everything is gone that nothing refers to.
        func expectCollected(_ mirror: MirrorRoot, _ comment: Comment) async throws {
            #expect(try count(of: kept, in: mirror) == (kept.count, kept.count, kept.count), comment)
            #expect(try gone.allSatisfy { try mirror.objects.status(of: $0) == nil }, comment)
            let report = try await mirror.verify(VerifyOptions([.quick, .publication, .index]))
            #expect(report.exitCode == 0, "\(comment): \(report.findings)")
            let marks = try mirror.catalog.read { catalog throws(CatalogError) in
                try catalog.count(of: Tables.condemned)
            }
            #expect(marks == 0, comment)
        }
    }

    @Test("However many there are, they come to the same", arguments: [1_000, 18])
    func same(passSize: Int) async throws {
        let fixture = try Collected()
        try await fixture.fixture.withMirror { mirror in
            let test = try await fixture.filled(in: mirror)
            var options = CollectionOptions()
            options.isDryRun = true
            options.passSize = passSize
            let marked = try await mirror.collect(options)
            #expect(marked.marked.objects == Self.gone && marked.marked.links == Self.gone, "\(marked)")
            try await test.expectWhole(mirror, "a dry run")
            #expect(try test.count(of: test.gone, in: mirror) == (Self.gone, Self.gone, Self.gone))
            options.isDryRun = false
            options.grace = 0
            let report = try await mirror.collect(options)
            #expect(report.outcome == .complete, "\(report)")
            #expect(report.removed.objects == Self.gone && report.removed.links == Self.gone, "\(report)")
            #expect(report.objects == Self.gone + Self.kept)
            try await test.expectCollected(mirror, "\(passSize)")
        }
    }

    /// Before each pass all roots are gathered: four times to look at links, four times at objects, and the same, but for
    /// the first, to act.
    @Test("One that is cut off between two of them is ended by the next", arguments: [false, true])
    func cutOff(isCancelled: Bool) async throws {
        var parts: Set<Int> = []
        for gathered in isCancelled ? [13] : [6, 13] {
            let fixture = try Collected()
            try await fixture.fixture.withMirror { mirror in
                let test = try await fixture.filled(in: mirror)
                let snapshots = test.fixture.root.appending("snapshots")
                let report: CollectionReport
                if isCancelled {
                    let task = Locked<Task<CollectionReport, any Error>?>(nil)
                    test.fixture.faulty.watch("list", snapshots, after: gathered) {
                        task.withLock { $0?.cancel() }
                    }
                    let running = task.withLock { task in
                        let running = Task {
                            // The watch needs the task.
                            await Task.yield()
                            return try await mirror.collect(Collected.options)
                        }
                        task = running
                        return running
                    }
                    report = try await running.value
                    #expect(report.outcome == .interrupted, "\(gathered): \(report)")
                } else {
                    test.fixture.faulty.refuse("list", snapshots, with: .ioError, after: gathered)
                    report = try await mirror.collect(Collected.options)
                    test.fixture.faulty.heal()
                    #expect(report.outcome == .partial, "\(gathered): \(report)")
                    #expect(report.failures.listed.count == 1, "\(gathered): \(report)")
                }
                try await test.expectWhole(mirror, "\(gathered)")
                let left = try test.count(of: test.gone, in: mirror)
                // It looks at all of it before it changes anything.
                if gathered < 8 { #expect(left == (Self.gone, Self.gone, Self.gone), "\(gathered)") }
                if gathered < 12 { #expect(left.files == Self.gone && left.rows == Self.gone, "\(gathered)") }
                #expect(
                    report.removed.objects == Self.gone - left.rows || left.rows == Self.gone,
                    "\(gathered): \(report)"
                )
                parts.insert(left.rows)
                let next = try await mirror.collect(Collected.options)
                #expect(next.outcome == .complete, "\(gathered): \(next)")
                #expect(next.removed.objects == left.rows, "\(gathered): \(next)")
                try await test.expectCollected(mirror, "\(gathered)")
            }
        }
        // Some were cut off in the midst of the objects.
        #expect(parts.contains { $0 > 0 && $0 < Self.gone }, "\(parts)")
    }
}
