import Digest
import FileIO
import Packaging
import Record
import SimpleIndex
import SystemPackage
import Testing

struct RecordTests {
    private func randomFile(_ random: inout SeededGenerator, _ index: Int) throws -> FileRecord {
        var hashes: [String: String] = [:]
        if random.next() % 2 == 0 { hashes["sha256"] = try random.digest().hex }
        if random.next() % 2 == 0 { hashes["md5"] = random.bytes(16).hex }
        var file = FileRecord(
            PageFile(filename: "\(index)" + random.text(), url: random.text(), hashes: hashes),
            firstSeen: random.integer()
        )
        file.sha256 = try random.optional { try $0.digest() }
        file.isDigestOurs = random.next() % 2 == 0
        file.size = random.optional { $0.integer() }
        file.isSizeOurs = random.next() % 2 == 0
        file.uploadTime = random.optional { $0.text() }
        file.requiresPython = random.optional { $0.text() }
        file.yank = random.optional { Yank(reason: $0.text()) }
        file.coreMetadata = try random.optional { random in
            random.next() % 2 == 0 ? .available : .digest(try random.digest())
        }
        file.provenance = random.optional { $0.text() }
        file.path = random.optional { $0.text() }
        for kind in CompanionKind.allCases {
            file[kind].object = try random.optional { try $0.digest() }
            file[kind].problem = random.optional { random in
                random.next() % 2 == 0 ? .missing(reason: random.text()) : .refused(reason: random.text())
            }
        }
        switch random.next() % 4 {
        case 0: file.state = .present
        case 1: file.state = .missing(reason: random.text())
        case 2: file.state = .excluded(rule: random.text())
        default: file.state = .removed(at: random.integer())
        }
        return file
    }

    private func randomRecord(_ random: inout SeededGenerator) throws -> ProjectRecord {
        var record = ProjectRecord(name: try random.name(), page: random.text(), firstSeen: random.integer())
        record.serial = random.optional { $0.integer() }
        record.removal = random.optional { random in
            Removal(cause: random.next() % 2 == 0 ? .upstream : .selection, time: random.integer())
        }
        record.status = random.optional { random in
            ProjectStatus(
                marker: [.active, .archived, .quarantined, .deprecated][Int(random.next() % 4)],
                reason: random.optional { $0.text() }
            )
        }
        record.versions = (0..<Int(random.next() % 5)).map { _ in random.text() }
        for index in 0..<Int(random.next() % 6) { record.files.append(try randomFile(&random, index)) }
        for _ in 0..<Int(random.next() % 3) {
            record.refusals.append(RefusalRecord(filename: random.text(), reason: random.text()))
        }
        return record
    }

    @Test func everyRecordComesBackAsItWas() throws {
        var random = SeededGenerator(11)
        for _ in 0..<500 {
            let record = try randomRecord(&random)
            let (bytes, digest) = try record.encoded()
            let (decoded, found) = try ProjectRecord.decode(bytes)
            #expect(decoded == record)
            #expect(found == digest)
            #expect(try decoded.encoded().bytes == bytes)
        }
    }

    private func smallRecord() throws -> ProjectRecord {
        var file = FileRecord(
            PageFile(
                filename: "demo-1.0.tar.gz",
                url: "https://index.example/packages/demo-1.0.tar.gz",
                hashes: ["sha256": String(repeating: "ab", count: 32), "md5": String(repeating: "cd", count: 16)],
                size: 5,
                yanked: Yank()
            ),
            firstSeen: 1_000
        )
        file.state = .present
        var record = ProjectRecord(name: try project("demo"), page: "https://index.example/simple/demo/", firstSeen: 1)
        record.serial = 7
        record.versions = ["1.0"]
        record.files = [file]
        return record
    }

    @Test func theBytesOfARecordStayTheSameFromVersionToVersion() throws {
        let record =
            #"{"files":[{"filename":"demo-1.0.tar.gz","firstSeen":1000,"hashes":{"md5":"cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd""#
            + #","sha256":"abababababababababababababababababababababababababababababababab"},"#
            + #""sha256":"abababababababababababababababababababababababababababababababab","size":5,"#
            + #""state":"present","url":"https://index.example/packages/demo-1.0.tar.gz","yanked":""}],"firstSeen":1,"#
            + #""format":1,"name":"demo","page":"https://index.example/simple/demo/","serial":7,"versions":["1.0"]}"#
        let digest = try SHA256Digest.hash(record.utf8)
        let (bytes, found) = try smallRecord().encoded()
        #expect(String(decoding: bytes, as: UTF8.self) == #"{"record":\#(record),"sha256":"\#(digest.hex)"}"# + "\n")
        #expect(found == digest)
    }

    @Test func theMembersThatTellOfCompanionsStayTheSame() throws {
        var record = try smallRecord()
        let (one, two) = (try SHA256Digest.hash("one".utf8), try SHA256Digest.hash("two".utf8))
        let sha256 = #""sha256":"\#(String(repeating: "ab", count: 32))""#
        record.files[0].provenanceDocument = Companion(object: one, problem: .missing(reason: "503"))
        record.files[0].sidecar = Companion(object: two, problem: .refused(reason: "another"))
        var text = String(decoding: try record.encoded().bytes, as: UTF8.self)
        #expect(
            text.contains(
                #"},"provenanceDocument":"\#(one.hex)","provenanceMissing":"503",\#(sha256),"#
                    + #""sidecar":"\#(two.hex)","sidecarRefused":"another","size":5,"#
            )
        )
        record.files[0].provenanceDocument = Companion(problem: .refused(reason: "of another file"))
        record.files[0].sidecar = Companion(problem: .missing(reason: "404"))
        text = String(decoding: try record.encoded().bytes, as: UTF8.self)
        #expect(
            text.contains(#"},"provenanceRefused":"of another file",\#(sha256),"sidecarMissing":"404","size":5,"#)
        )
    }

    @Test func everyFlippedBitIsFound() throws {
        let (bytes, _) = try smallRecord().encoded()
        for index in bytes.indices {
            for bit in 0..<8 {
                var damaged = bytes
                damaged[index] ^= 1 << bit
                #expect(throws: RecordError.self, "byte \(index), bit \(bit)") {
                    _ = try ProjectRecord.decode(damaged)
                }
            }
        }
    }

    @Test func aRecordThatWasCutOrExtendedIsRefused() throws {
        let (bytes, _) = try smallRecord().encoded()
        for count in bytes.indices {
            #expect(throws: RecordError.self) { _ = try ProjectRecord.decode(Array(bytes[..<count])) }
        }
        #expect(throws: RecordError.self) { _ = try ProjectRecord.decode(bytes + [10]) }
        #expect(throws: RecordError.self) { _ = try ProjectRecord.decode([32] + bytes) }
    }

    @Test func aLaterFormatIsRefused() throws {
        let record = #"{"files":[],"firstSeen":1,"format":2,"name":"demo","page":"","versions":[]}"#
        let digest = try SHA256Digest.hash(record.utf8)
        let bytes = Array((#"{"record":"# + record + #","sha256":""# + digest.hex + "\"}\n").utf8)
        let error = #expect(throws: RecordError.self) { _ = try ProjectRecord.decode(bytes) }
        #expect(error == .unknownFormat(2))
    }

    @Test func theStoreKeepsRecordsByName() throws {
        let folder = try TemporaryFolder("records", "tmp")
        let files = POSIXFileSystem()
        let store = RecordStore(root: folder.path, fileSystem: files)
        var record = try smallRecord()
        #expect(try store.read(record.name) == nil)
        for serial in [1, 2] as [UInt64] {
            record.serial = serial
            let staged = folder.path.appending("tmp/staged")
            try store.stage(try record.encoded().bytes, at: staged)
            try store.place([(staged, record.name)])
            #expect(try store.read(record.name)?.record == record)
        }
        let path = try store.path(of: record.name)
        let shard = try #require([UInt8](hex: path.removingLastComponent().lastComponent?.string ?? "")?.first)
        try folder.write("records/\([shard].hex)/Demo.json", "")
        try folder.write("records/\([shard].hex)/note.txt", "")
        let (names, strangers) = try store.names(inShard: shard)
        #expect(names == [record.name])
        #expect(strangers.compactMap(\.lastComponent?.string).sorted() == ["Demo.json", "note.txt"])
        #expect(try store.names(inShard: shard &+ 1).names.isEmpty)
    }

    @Test func aRecordOfAnotherProjectIsRefused() throws {
        let folder = try TemporaryFolder("records")
        let files = POSIXFileSystem()
        let store = RecordStore(root: folder.path, fileSystem: files)
        let path = try store.path(of: try project("other"))
        try files.makeDirectories(path.removingLastComponent())
        try store.stage(try smallRecord().encoded().bytes, at: path)
        let error = #expect(throws: RecordStoreError.self) { _ = try store.read(try project("other")) }
        guard case .damaged(path, .malformed) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }
}
