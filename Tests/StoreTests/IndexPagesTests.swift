import CLMDB
import Catalog
import Digest
import FileIO
import Foundation
import SystemPackage
import Testing

/// The pages of the index: a sound one is never blamed, and what is not blamed does no harm.
@Suite("Pages of the index") struct IndexPagesTests {
    private static let pageSize = 4_096

    private let folder: TemporaryFolder
    private let file: FilePath

    init() throws {
        folder = try TemporaryFolder("index")
        file = folder.path.appending("index/data.mdb")
    }

    private func open() throws -> Catalog {
        try Catalog(root: folder.path, fileSystem: POSIXFileSystem())
    }

    private func check() throws(CatalogError) {
        try Catalog.checkPages(of: file, fileSystem: POSIXFileSystem())
    }

    private func bytes() throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: file.string))) }

    private func write(_ bytes: [UInt8]) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: file.string))
    }

    private func write(_ byte: UInt8, at offset: Int) throws {
        let handle = try Foundation.FileHandle(forUpdating: URL(fileURLWithPath: file.string))
        try handle.seek(toOffset: UInt64(offset))
        try handle.write(contentsOf: [byte])
        try handle.close()
    }

    /// Rows of several tables, some too long for a page, of which a transaction takes some out again.
    private func change(_ catalog: Catalog, _ random: inout SeededGenerator, rows: Int) throws {
        var puts: [(SHA256Digest, ObjectRow)] = []
        for _ in 0..<rows {
            let digest = try random.digest()
            let project = try ProjectKey(try random.name())
            puts.append((digest, ObjectRow(size: random.integer(), storedAt: 1, project: project)))
        }
        var projects: [(ProjectKey, ProjectRow)] = []
        for _ in 0..<rows / 8 {
            var row = ProjectRow(name: try random.name())
            let length = [0, 10, 1_900, 2_100, 9_000, 30_000][Int(random.next() % 6)]
            row.etag = String(repeating: "e", count: length)
            projects.append((try ProjectKey(row.name), row))
        }
        let removed = rows / 2
        let isEmptied = random.next() % 8 == 0
        try catalog.write { [puts, projects] catalog throws(CatalogError) in
            if isEmptied { try catalog.removeAll(in: Tables.projects) }
            for (key, row) in puts { try catalog.put(row, under: key, in: Tables.objects) }
            for (key, row) in projects { try catalog.put(row, under: key, in: Tables.projects) }
            for (key, _) in try catalog.reader.survey(Tables.objects, after: nil, limit: removed).rows {
                try catalog.remove(key, in: Tables.objects)
            }
            for (key, _) in try catalog.reader.survey(Tables.projects, after: nil, limit: removed / 16).rows {
                try catalog.remove(key, in: Tables.projects)
            }
            try catalog.put(MetaRow("\(puts.count)"), under: .lastSync, in: Tables.meta)
        }
    }

    /// How many pages LMDB itself counts that have a head: of rows, and of values that have their own.
    private func countOfHeads(_ catalog: Catalog) throws -> Int {
        // What has pages of its own is no row of the index that is short.
        let long = try catalog.read { catalog throws(CatalogError) in
            try catalog.rows(in: Tables.projects).count { ($0.row.etag?.utf8.count ?? 0) > 1_950 }
        }
        return try RawIndex.countOfTreePages(root: folder.path) + long
    }

    @Test("An index that LMDB wrote is never blamed, open or closed, however it came to be")
    func sound() throws {
        var random = SeededGenerator(1)
        let fresh = try open()
        try fresh.checkPages()
        try check()
        var walked: UInt64 = 0
        for step in 0..<30 {
            try change(fresh, &random, rows: step % 10 == 0 ? 1_000 : 100)
            try fresh.checkPages { done, total in
                walked = done
                return done < total
            }
            try check()
        }
        #expect(walked > 50)
        // Ended by whoever watches it, it finds nothing.
        try fresh.checkPages { _, _ in false }
    }

    @Test("A state that others write behind is walked as it is")
    func besideWriters() async throws {
        let catalog = try open()
        var random = SeededGenerator(2)
        try change(catalog, &random, rows: 1_000)
        await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [random] in
                var random = random
                for _ in 0..<60 { try change(catalog, &random, rows: 40) }
            }
            for _ in 0..<2 {
                group.addTask { for _ in 0..<100 { try catalog.checkPages() } }
            }
            await #expect(throws: Never.self) { try await group.waitForAll() }
        }
        try check()
    }

    @Test("The head of a transaction that is on the disk, and that LMDB does not show yet, is no damage")
    func unshownTransaction() throws {
        let catalog = try open()
        var random = SeededGenerator(6)
        try change(catalog, &random, rows: 40)
        // A writer that dies between the two leaves this until the next one comes.
        let bytes = try bytes()
        func transaction(ofHead page: Int) -> UInt64 {
            bytes[(page * Self.pageSize + 144)...].prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
        let (first, second) = (transaction(ofHead: 0), transaction(ofHead: 1))
        let newer = first > second ? 0 : 1
        let head = bytes[(newer * Self.pageSize + 16)...].prefix(128)
        let next = withUnsafeBytes(of: (max(first, second) + 1).littleEndian, Array.init)
        let handle = try Foundation.FileHandle(forUpdating: URL(fileURLWithPath: file.string))
        try handle.seek(toOffset: UInt64((1 - newer) * Self.pageSize + 16))
        try handle.write(contentsOf: Data(head + next))
        try handle.close()
        try catalog.checkPages()
        // One that is of neither is damage.
        try write(0xff, at: (1 - newer) * Self.pageSize + 146)
        #expect(throws: CatalogError.self) { try catalog.checkPages() }
    }

    @Test("Every bit of the head of every page that is in use is found when it is flipped")
    func heads() async throws {
        var random = SeededGenerator(3)
        let expected: Int
        do {
            let catalog = try open()
            for rows in [300, 80, 40] { try change(catalog, &random, rows: rows) }
            try catalog.checkPages()
            expected = try countOfHeads(catalog)
        }
        let original = try bytes()
        var headCount = 0
        for start in stride(from: 2 * Self.pageSize, to: original.count, by: Self.pageSize) {
            var found = 0
            // The number of the page, its kind, and where its entries are; between them is padding.
            let places = Array(0..<8) + Array(10..<16)
            for place in places {
                for bit in 0..<8 {
                    try write(original[start + place] ^ 1 << bit, at: start + place)
                    if (try? check()) == nil { found += 1 }
                    try write(original[start + place], at: start + place)
                    // A page that is free can hold anything.
                    if found == 0 { break }
                }
                if found == 0 { break }
            }
            #expect([0, places.count * 8].contains(found), "page \(start / Self.pageSize): \(found)")
            if found > 0 { headCount += 1 }
        }
        #expect(headCount == expected)
    }

    @Test("Every bit of the name of a table is found when it is flipped", arguments: Tables.names)
    func tableNames(name: String) throws {
        var random = SeededGenerator(5)
        do {
            let catalog = try open()
            try change(catalog, &random, rows: 40)
        }
        let original = try bytes()
        // Its page is there twice: as it is, and as it was before.
        var places = 0
        for place in original.indices.dropLast(name.utf8.count) where original[place...].starts(with: name.utf8) {
            // The name of another one may end in this one.
            let isWhole = original[place - 2] == name.utf8.count && original[place - 1] == 0
            guard isWhole else { continue }
            var found = 0
            for offset in 0..<name.utf8.count {
                for bit in 0..<8 {
                    try write(original[place + offset] ^ 1 << bit, at: place + offset)
                    if (try? check()) == nil { found += 1 }
                    try write(original[place + offset], at: place + offset)
                }
            }
            #expect([0, name.utf8.count * 8].contains(found), "at \(place): \(found)")
            if found > 0 { places += 1 }
        }
        #expect(places == 1)
    }

    @Test("A bit anywhere, and a page of anything: either it is found, or the index works as before")
    func harmless() throws {
        var random = SeededGenerator(4)
        do {
            let catalog = try open()
            for rows in [300, 80, 40] { try change(catalog, &random, rows: rows) }
        }
        let original = try bytes()
        let expected = try content()
        var (found, passed) = (0, 0)
        for step in 0..<300 {
            var bytes = original
            // Half of them within the heads of the file, which LMDB believes more than all.
            let range = step % 2 == 0 ? bytes.count : 2 * Self.pageSize
            var place = Int(random.next() % UInt64(range))
            if step % 2 == 1 { place = place / Self.pageSize * Self.pageSize + place % 152 }
            if step % 20 == 0 {
                let start = place / Self.pageSize * Self.pageSize
                bytes.replaceSubrange(start..<start + Self.pageSize, with: random.bytes(Self.pageSize))
            } else {
                bytes[place] ^= 1 << UInt8(random.next() % 8)
            }
            try write(bytes)
            guard (try? check()) != nil else {
                found += 1
                continue
            }
            passed += 1
            for (table, content) in try content() {
                // A row that is damaged is so by its checksum, key included.
                let whole = try #require(expected[table])
                #expect(content.rows.allSatisfy { whole.rows[$0.key] == $0.value }, "\(step): \(place)")
                #expect(content.rows.count + content.damaged == whole.rows.count, "\(step): \(place)")
            }
            try change(try open(), &random, rows: 40)
            #expect(throws: Never.self, "\(step): \(place)") { try check() }
        }
        #expect(found > 50 && passed > 50)
    }

    /// The whole rows of three tables by their keys, and how many are damaged.
    private func content() throws -> [String: (rows: [[UInt8]: String], damaged: Int)] {
        let catalog = try open()
        return try catalog.read { catalog throws(CatalogError) in
            [
                "objects": try content(of: Tables.objects, in: catalog),
                "projects": try content(of: Tables.projects, in: catalog),
                "meta": try content(of: Tables.meta, in: catalog),
            ]
        }
    }

    private func content<Key: Hashable, Value>(
        of table: Table<Key, Value>,
        in catalog: borrowing CatalogReader
    ) throws(CatalogError) -> (rows: [[UInt8]: String], damaged: Int) {
        let survey = try catalog.survey(table, after: nil, limit: .max)
        var rows: [[UInt8]: String] = [:]
        for (key, row) in survey.rows {
            rows[key.bytes] = "\(row)"
            // Met in order, and found by its key.
            #expect(try catalog.contains(key, in: table))
        }
        return (rows, survey.damaged.count)
    }
}
