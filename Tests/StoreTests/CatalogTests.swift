import Catalog
import Digest
import FileIO
import Glibc
import Packaging
import Scheduling
import SystemPackage
import Testing

struct CatalogTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder("index")
    }

    private func open() throws -> Catalog {
        try Catalog(root: folder.path, fileSystem: POSIXFileSystem())
    }

    @Test("74: when the head of the index cannot be written, all that follows says why, and what was committed is kept")
    func whatMadeTheIndexGiveUpIsToldToAllWhoComeLater() async throws {
        weak var released: Catalog?
        do {
            let catalog = try open()
            released = catalog
            try catalog.write { catalog throws(CatalogError) in
                try catalog.put(MetaRow("kept"), under: .lastSync, in: Tables.meta)
            }
            try fillDisk(holding: folder.path)
            for _ in 0..<3 {
                do throws(CatalogError) {
                    try catalog.write { catalog throws(CatalogError) in
                        try catalog.put(MetaRow("lost"), under: .lastSync, in: Tables.meta)
                    }
                    Issue.record("it was written to a full disk")
                } catch {
                    guard case .system(_, .noSpace) = error else {
                        Issue.record("\(error)")
                        continue
                    }
                    #expect(error.isDiskFailure)
                }
            }
        }
        try await waitForRelease { released }
        let text = try open().read { catalog throws(CatalogError) in
            try catalog.row(of: MetaKey.lastSync, in: Tables.meta)?.text
        }
        #expect(text == "kept")
    }

    private func randomKey(_ random: inout SeededGenerator) throws -> ProjectKey {
        try ProjectKey(try random.name())
    }

    private func randomProject(_ random: inout SeededGenerator) throws -> ProjectRow {
        var row = ProjectRow(name: try random.name())
        row.state = [.unseen, .active, .removed][Int(random.next() % 3)]
        row.serial = random.optional { $0.integer() }
        row.etag = random.optional { $0.text(limit: 512) }
        row.checkedAt = random.integer()
        row.staleSince = random.integer()
        row.isIncomplete = random.next() % 2 == 0
        row.selection = random.integer()
        row.files.present = random.integer()
        row.files.presentBytes = random.integer()
        row.files.missing = random.integer()
        row.files.excluded = random.integer()
        row.files.removed = random.integer()
        row.files.refused = random.integer()
        row.record = try random.optional { try $0.digest() }
        return row
    }

    private func randomObject(_ random: inout SeededGenerator) throws -> ObjectRow {
        var row = ObjectRow(size: random.integer(), storedAt: random.integer(), project: try randomKey(&random))
        row.verifiedAt = random.integer()
        return row
    }

    private func randomPublished(_ random: inout SeededGenerator) throws -> PublishedRow {
        PublishedRow(
            name: try random.name(),
            view: ViewID(try random.digest()),
            content: try random.digest(),
            isListed: random.next() % 2 == 0,
            serial: random.integer(),
            time: random.integer(),
            files: random.integer()
        )
    }

    /// Puts many random rows into a table and takes them out again, also after the index was closed.
    private func checkRoundTrip<Key: TableKey & Hashable, Value: Row & Equatable & Sendable>(
        _ table: Table<Key, Value>,
        keyByteCount: Int,
        key: (inout SeededGenerator) throws -> Key,
        value: (inout SeededGenerator) throws -> Value
    ) throws {
        var random = SeededGenerator(UInt64(keyByteCount))
        var rows: [Key: Value] = [:]
        for _ in 0..<300 { rows[try key(&random)] = try value(&random) }
        let expected = rows
        do {
            let catalog = try open()
            try catalog.write { catalog throws(CatalogError) in
                for (key, row) in expected { try catalog.put(row, under: key, in: table) }
            }
        }
        let catalog = try open()
        let found = try catalog.read { catalog throws(CatalogError) in
            #expect(try catalog.count(of: table) == expected.count)
            for (key, row) in expected {
                #expect(try catalog.contains(key, in: table))
                #expect(try catalog.row(of: key, in: table) == row)
            }
            return try catalog.rows(in: table)
        }
        #expect(Dictionary(uniqueKeysWithValues: found.map { ($0.key, $0.row) }) == expected)
        for pair in zip(found, found.dropFirst()) {
            #expect(pair.0.key.bytes.lexicographicallyPrecedes(pair.1.key.bytes))
        }
        #expect(found.allSatisfy { $0.key.bytes.count == keyByteCount && Key(bytes: $0.key.bytes) == $0.key })
        #expect(Key(bytes: [UInt8](repeating: 0, count: keyByteCount - 1)) == nil)
        #expect(Key(bytes: [UInt8](repeating: 0, count: keyByteCount + 1)) == nil)
        // From a key that is there, and from one that is not.
        let middle = found[found.count / 2].key
        try catalog.write { catalog throws(CatalogError) in
            let from = try catalog.reader.rows(in: table, from: middle, limit: 3)
            #expect(from.map(\.key) == found[(found.count / 2)...].prefix(3).map(\.key))
            try catalog.remove(middle, in: table)
            try catalog.remove(middle, in: table)
            #expect(try catalog.reader.rows(in: table, from: middle, limit: 1).first?.key == from[1].key)
            #expect(try catalog.reader.row(of: middle, in: table) == nil)
        }
    }

    @Test func projectsComeBackAsTheyWere() throws {
        try checkRoundTrip(Tables.projects, keyByteCount: 16, key: randomKey, value: randomProject)
    }

    @Test func objectsComeBackAsTheyWere() throws {
        try checkRoundTrip(Tables.objects, keyByteCount: 32, key: { try $0.digest() }, value: randomObject)
    }

    @Test func publishedViewsComeBackAsTheyWere() throws {
        try checkRoundTrip(Tables.published, keyByteCount: 16, key: randomKey, value: randomPublished)
    }

    @Test func marksComeBackAsTheyWere() throws {
        try checkRoundTrip(
            Tables.references,
            keyByteCount: 48,
            key: { ReferenceKey(object: try $0.digest(), project: try randomKey(&$0)) },
            value: { _ in Mark() }
        )
        try checkRoundTrip(
            Tables.pending,
            keyByteCount: 17,
            key: { SlotKey(slot: $0.next() % 2 == 0 ? .a : .b, project: try randomKey(&$0)) },
            value: { _ in Mark() }
        )
        try checkRoundTrip(
            Tables.views,
            keyByteCount: 16,
            key: { ViewID(try $0.digest()) },
            value: { _ in Mark() }
        )
    }

    @Test func singleValuesComeBackAsTheyWere() throws {
        let catalog = try open()
        var random = SeededGenerator(5)
        let validators: [MetaKey] = try [nil, "company", "public"].map { try .rootListValidator(of: $0) }
        for key in validators + [.selection, .lastSync, .lastFindings] {
            #expect(key.bytes.count == 16)
            #expect(MetaKey(bytes: key.bytes) == key)
            let row = MetaRow(random.text(limit: 2_000))
            try catalog.write { catalog throws(CatalogError) in try catalog.put(row, under: key, in: Tables.meta) }
            let found = try catalog.read { catalog throws(CatalogError) in try catalog.row(of: key, in: Tables.meta) }
            #expect(found == row)
        }
        #expect(try catalog.read { catalog throws(CatalogError) in try catalog.count(of: Tables.meta) } == 6)
    }

    /// Fills a table with one row for each bit of a row, flips another bit in each, and expects each to be found.
    private func checkDamage<Key: TableKey & Hashable, Value: Row & Equatable>(
        _ table: Table<Key, Value>,
        byteCount: Int,
        keys: [Key],
        value: Value
    ) throws {
        do {
            let catalog = try open()
            try catalog.write { catalog throws(CatalogError) in
                for key in keys.prefix(byteCount * 8) { try catalog.put(value, under: key, in: table) }
            }
        }
        var wrongSizes = 0
        try RawIndex.rewrite(table: table.name, root: folder.path) { index, value in
            if value.count != byteCount { wrongSizes += 1 }
            var value = value
            value[index / 8 % value.count] ^= 1 << (index % 8)
            return value
        }
        #expect(wrongSizes == 0)
        let catalog = try open()
        try catalog.read { catalog throws(CatalogError) in
            let survey = try catalog.survey(table, after: nil, limit: .max)
            #expect(survey.rows.isEmpty)
            #expect(Set(survey.damaged) == Set(keys.prefix(byteCount * 8).map(\.bytes.hex)))
        }
        for key in keys.prefix(byteCount * 8) {
            let error = #expect(throws: CatalogError.self) {
                try catalog.read { catalog throws(CatalogError) in _ = try catalog.row(of: key, in: table) }
            }
            guard case .damagedRow(table.name, key.bytes.hex) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }

    @Test func everyFlippedBitOfARowIsFound() throws {
        var random = SeededGenerator(21)
        var keys: [ProjectKey] = []
        for number in 0..<2_000 { keys.append(try ProjectKey(try project("p\(number)"))) }
        var row = ProjectRow(name: try project("demo"))
        row.etag = "\"tag\""
        row.record = try random.digest()
        try checkDamage(
            Tables.projects,
            byteCount: 2 + 4 + 1 + 1 + 8 + 1 + 2 + 5 + 8 + 8 + 1 + 8 + 28 + 1 + 32 + 4,
            keys: keys,
            value: row
        )
        try checkDamage(
            Tables.objects,
            byteCount: 8 + 8 + 8 + 16 + 4,
            keys: try (0..<400).map { _ in try random.digest() },
            value: try randomObject(&random)
        )
        try checkDamage(Tables.unpublished, byteCount: 4, keys: Array(keys.prefix(32)), value: Mark())
    }

    @Test func aRowUnderAnotherKeyIsFound() throws {
        var random = SeededGenerator(22)
        let keys = try (0..<10).map { _ in try random.digest() }.sorted()
        do {
            let catalog = try open()
            let row = try randomObject(&random)
            try catalog.write { catalog throws(CatalogError) in
                for key in keys { try catalog.put(row, under: key, in: Tables.objects) }
            }
        }
        var before: [UInt8] = []
        try RawIndex.rewrite(table: "objects", root: folder.path) { index, value in
            defer { before = value }
            return index % 2 == 1 ? before : value
        }
        let survey = try open().read { catalog throws(CatalogError) in
            try catalog.survey(Tables.objects, after: nil, limit: .max)
        }
        #expect(survey.rows.map(\.key) == stride(from: 0, to: 10, by: 2).map { keys[$0] })
        #expect(survey.damaged == stride(from: 1, to: 10, by: 2).map { keys[$0].hex })
        #expect(survey.last == keys[9])
    }

    @Test("26, 27: a survey of a table goes on where it ended, with no more of it in memory than was asked for")
    func aSurveyGoesOnWhereItEnded() throws {
        var random = SeededGenerator(23)
        let keys = try (0..<100).map { _ in try random.digest() }.sorted()
        let row = try randomObject(&random)
        let catalog = try open()
        try catalog.write { catalog throws(CatalogError) in
            for key in keys { try catalog.put(row, under: key, in: Tables.objects) }
        }
        var found: [SHA256Digest] = []
        var last: SHA256Digest?
        while true {
            let start = last
            let survey = try catalog.read { catalog throws(CatalogError) in
                try catalog.survey(Tables.objects, after: start, limit: 7)
            }
            guard survey.last != nil else { break }
            last = survey.last
            #expect(survey.rows.count <= 7)
            found += survey.rows.map(\.key)
        }
        #expect(found == keys)
    }

    @Test func nothingIsLeftOfATransactionThatThrows() throws {
        let catalog = try open()
        let keys = try (0..<3).map { try ProjectKey(try project("p\($0)")) }
        try catalog.write { catalog throws(CatalogError) in
            try catalog.put(Mark(), under: keys[0], in: Tables.unpublished)
        }
        let error = #expect(throws: CatalogError.self) {
            try catalog.write { catalog throws(CatalogError) in
                try catalog.put(Mark(), under: keys[1], in: Tables.unpublished)
                try catalog.remove(keys[0], in: Tables.unpublished)
                try catalog.removeAll(in: Tables.meta)
                throw .refused(operation: "test", detail: "stop")
            }
        }
        guard case .refused("test", "stop") = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        try catalog.write { catalog throws(CatalogError) in
            #expect(try catalog.reader.rows(in: Tables.unpublished).map(\.key) == [keys[0]])
            try catalog.put(Mark(), under: keys[2], in: Tables.unpublished)
        }
        let count = try catalog.read { catalog throws(CatalogError) in try catalog.count(of: Tables.unpublished) }
        #expect(count == 2)
    }

    @Test func allRowsOfATableAreRemovedAndNoOthers() throws {
        let catalog = try open()
        let keys = try (0..<50).map { try ProjectKey(try project("p\($0)")) }
        try catalog.write { catalog throws(CatalogError) in
            for key in keys { try catalog.put(Mark(), under: key, in: Tables.unpublished) }
            try catalog.put(MetaRow("kept"), under: .selection, in: Tables.meta)
            try catalog.removeAll(in: Tables.unpublished)
        }
        try catalog.read { catalog throws(CatalogError) in
            #expect(try catalog.count(of: Tables.unpublished) == 0)
            #expect(try catalog.row(of: .selection, in: Tables.meta) == MetaRow("kept"))
        }
    }

    @Test func aReaderSeesOneStateWhileAWriterCommits() async throws {
        let catalog = try open()
        let pool = WorkerPool(name: "catalog", threadCount: 3)
        let wrong = Locked(0)
        // Every transaction replaces all ten rows by the next number, so that a state has one number only.
        let keys = try (0..<10).map { try ProjectKey(try project("p\($0)")) }
        @Sendable func put(_ number: UInt64) throws {
            try catalog.write { catalog throws(CatalogError) in
                for key in keys {
                    let row = ObjectRow(size: number, storedAt: 0, project: key)
                    guard let digest = SHA256Digest(bytes: key.bytes + key.bytes) else { return }
                    try catalog.put(row, under: digest, in: Tables.objects)
                }
            }
        }
        try put(0)
        try await pool.forEach(count: 3) { index throws in
            if index == 0 {
                for number in 1...200 as ClosedRange<UInt64> { try put(number) }
                return
            }
            for _ in 0..<200 {
                try catalog.read { catalog throws(CatalogError) in
                    let first = Set(try catalog.rows(in: Tables.objects).map(\.row.size))
                    let second = Set(try catalog.rows(in: Tables.objects).map(\.row.size))
                    if first.count != 1 || first != second { wrong.withLock { $0 += 1 } }
                }
            }
        }
        #expect(wrong.withLock { $0 } == 0)
    }

    @Test func projectsAreSpreadEvenlyOverAPeriod() throws {
        var counts = [Int](repeating: 0, count: 7)
        for number in 0..<7_000 {
            let key = try ProjectKey(try project("p\(number)"))
            counts[Int(key.spread(below: 7))] += 1
        }
        #expect(counts.allSatisfy { (850...1_150).contains($0) })
        #expect(try ProjectKey(try project("p")).spread(below: 0) == 0)
    }
}
