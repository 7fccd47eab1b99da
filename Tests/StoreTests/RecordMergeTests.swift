import Catalog
import Digest
import Packaging
import Record
import Selection
import SimpleIndex
import Testing

@testable import Mirror

struct RecordMergeTests {
    private let name: ProjectName

    init() throws {
        name = try project("demo")
    }

    private func digest(_ text: String) throws -> SHA256Digest { try SHA256Digest.hash(text.utf8) }

    fileprivate func file(
        _ filename: String = "demo-1.0-py3-none-any.whl",
        _ content: String? = "one",
        size: UInt64? = 3,
        hashes: [String: String] = [:],
        coreMetadata: CoreMetadata? = nil
    ) throws -> PageFile {
        var hashes = hashes
        if let content { hashes["sha256"] = try digest(content).hex }
        return PageFile(
            filename: filename,
            url: "https://index.example/packages/\(filename)",
            hashes: hashes,
            size: size,
            coreMetadata: coreMetadata
        )
    }

    fileprivate func merge(
        _ files: [PageFile],
        into old: ProjectRecord? = nil,
        status: ProjectStatus? = nil,
        refusals: [String] = [],
        latest: Int? = nil,
        now: Int64 = 1_000,
        accepting: Set<String> = []
    ) -> RecordMerge {
        RecordMerge(
            page: ProjectPage(name: name, files: files, serial: 5, status: status),
            refusals: refusals.map { RefusalRecord(filename: $0, reason: "odd") },
            url: "https://index.example/simple/demo/",
            old: old,
            selection: FileSelection(latest: latest),
            now: now,
            acceptsChange: { accepting.contains($0) }
        )
    }

    /// A record whose files all arrived, sidecars included.
    fileprivate func arrived(_ files: [PageFile], _ content: String = "one") throws -> ProjectRecord {
        var record = merge(files, now: 1).record
        for index in record.files.indices {
            record.files[index].state = .present
            record.files[index].sha256 = try record.files[index].sha256 ?? digest(content)
            record.files[index].size = record.files[index].size ?? 3
            record.files[index].path = "ab/cd/ef"
            if record.files[index].lacks(.sidecar) {
                record.files[index].sidecar = Companion(object: try digest("metadata"))
            }
        }
        return record
    }

    /// A choice of paths for files that have one already.
    private func neverAsked(_ file: FileRecord, _ digest: SHA256Digest) -> String {
        Issue.record("\(file.filename) has a path already")
        return ""
    }

    private let missing = FileState.missing(reason: "not downloaded yet")

    @Test func everyFileOfANewProjectIsWanted() throws {
        let merge = merge([try file("demo-2.0.tar.gz", "two"), try file()], refusals: ["b", "a"])
        #expect(merge.record.files.map(\.filename) == ["demo-1.0-py3-none-any.whl", "demo-2.0.tar.gz"])
        #expect(merge.record.files.map(\.state) == [missing, missing])
        #expect(merge.wanted == [0, 1])
        #expect(merge.record.firstSeen == 1_000)
        #expect(merge.record.serial == 5)
        #expect(merge.newRefusals.map(\.filename) == ["a", "b"])
    }

    @Test func anUnchangedPageWantsNothing() throws {
        let page = [try file(coreMetadata: .available), try file("demo-2.0.tar.gz", nil, size: nil)]
        let old = try arrived(page)
        var merge = merge(page, into: old)
        merge.findPresent { _ in
            Issue.record("nothing is missing")
            return nil
        }
        #expect(merge.record.files == old.files)
        #expect(merge.wanted.isEmpty)
        #expect(merge.withdrawn.isEmpty)
        #expect(merge.record.firstSeen == 1)
    }

    @Test func onlyRefusalsThatAreNewAreTold() throws {
        let old = merge([], refusals: ["known"]).record
        let merge = merge([], into: old, refusals: ["known", "new"])
        #expect(merge.newRefusals.map(\.filename) == ["new"])
        #expect(merge.record.refusals.map(\.filename) == ["known", "new"])
    }

    @Test func aChangedDigestIsRefused() throws {
        let old = try arrived([try file()])
        let merge = merge([try file("demo-1.0-py3-none-any.whl", "evil")], into: old)
        #expect(merge.record.files == old.files)
        #expect(merge.wanted.isEmpty)
        #expect(merge.changedDigests.map(\.known) == [try digest("one").hex])
        #expect(merge.changedDigests.map(\.found) == [try digest("evil").hex])
    }

    @Test func aChangedDigestIsTakenWhenThatIsAccepted() throws {
        let old = try arrived([try file(coreMetadata: .available)])
        let page = [try file("demo-1.0-py3-none-any.whl", "new", size: 7, coreMetadata: .available)]
        let merge = merge(page, into: old, accepting: ["demo-1.0-py3-none-any.whl"])
        #expect(merge.changedDigests.isEmpty)
        #expect(merge.wanted == [0])
        let file = merge.record.files[0]
        #expect(file.sha256 == (try digest("new")))
        #expect(file.size == 7)
        #expect(file.path == nil)
        #expect(file.sidecar.object == nil)
        #expect(file.lacks(.sidecar))
        // Other bytes are another file, of which minimum-age counts from now.
        #expect(file.firstSeen == 1000)
    }

    @Test func aDigestThatAppearsLaterIsHeldAgainstWhatArrived() throws {
        let old = try arrived([try file("demo-1.0-py3-none-any.whl", nil)])
        #expect(old.files[0].isDigestOurs)
        let same = merge([try file()], into: old)
        #expect(same.changedDigests.isEmpty)
        #expect(same.record.files[0].isPresent)
        #expect(!same.record.files[0].isDigestOurs)
        let other = merge([try file("demo-1.0-py3-none-any.whl", "other")], into: old)
        #expect(other.changedDigests.count == 1)
        #expect(other.record.files == old.files)
    }

    @Test func aChangedWeakDigestIsRefusedWhereThereIsNoOther() throws {
        let old = try arrived([
            try file("demo-1.0-py3-none-any.whl", nil, hashes: ["md5": String(repeating: "a", count: 32)])
        ])
        let other = merge(
            [try file("demo-1.0-py3-none-any.whl", nil, hashes: ["md5": String(repeating: "b", count: 32)])],
            into: old
        )
        #expect(other.changedDigests.map(\.known) == ["md5 " + String(repeating: "a", count: 32)])
        #expect(other.record.files == old.files)
        let none = merge([try file("demo-1.0-py3-none-any.whl", nil)], into: old)
        #expect(none.changedDigests.isEmpty)
        #expect(none.record.files[0].sha256 == (try digest("one")))
    }

    @Test func theSizeOfAFileThatIsHereIsThatOfItsBytes() throws {
        let old = try arrived([try file()])
        for size in [nil, 3, 4] as [UInt64?] {
            let merge = merge([try file(size: size)], into: old)
            #expect(merge.record.files[0].size == 3)
            #expect(merge.record.files[0].isSizeOurs == (size != 3))
            #expect(merge.record.files[0].isPresent)
        }
    }

    @Test func aFileThatThePageHasNoMoreIsWithdrawnWhenItIsHere() throws {
        var old = try arrived([try file(), try file("demo-2.0.tar.gz", "two"), try file("demo-3.0.tar.gz", "three")])
        old.files[1].state = .missing(reason: "404")
        old.files[2].state = .removed(at: 5)
        let merge = merge([], into: old)
        #expect(merge.withdrawn == ["demo-1.0-py3-none-any.whl"])
        #expect(merge.record.files.map(\.state) == [.present, .removed(at: 5)])
        #expect(merge.wanted.isEmpty)
    }

    @Test func aRemovedFileIsNotHadAgainForItsSidecar() throws {
        var old = try arrived([try file(coreMetadata: .available)])
        old.files[0].sidecar = Companion(problem: .missing(reason: "503"))
        old.files[0].state = .removed(at: 5)
        let gone = merge([], into: old)
        #expect(gone.wanted.isEmpty)
        #expect(!gone.record.isIncomplete)
        old.files[0].state = .present
        let withdrawn = merge([], into: old)
        #expect(withdrawn.wanted.isEmpty)
    }

    @Test func aRemovedFileComesBackWithItsPage() throws {
        var old = try arrived([try file()])
        old.files[0].state = .removed(at: 5)
        var merge = merge([try file()], into: old)
        #expect(merge.wanted == [0])
        try merge.findPresent { $0 == (try digest("one")) ? 3 : nil }
        merge.choosePaths(neverAsked)
        #expect(merge.record.files == (try arrived([try file()])).files)
        #expect(merge.wanted.isEmpty)
    }

    @Test func aSidecarThatIsNotInTheStoreAnyMoreIsHadAgain() throws {
        var old = try arrived([try file(coreMetadata: .available)])
        old.files[0].state = .removed(at: 5)
        var merge = merge([try file(coreMetadata: .available)], into: old)
        try merge.findPresent { $0 == (try digest("one")) ? 3 : nil }
        #expect(merge.record.files[0].isPresent)
        #expect(merge.record.files[0].sidecar.object == nil)
        #expect(merge.record.files[0].lacks(.sidecar))
        merge.choosePaths(neverAsked)
        #expect(merge.wanted == [0])
    }

    @Test func aQuarantinedProjectKeepsItsFilesAndAsksForNone() throws {
        var old = try arrived([try file(coreMetadata: .available), try file("demo-2.0.tar.gz", "two")])
        old.files[0].sidecar = Companion(problem: .missing(reason: "503"))
        old.files[1].state = .missing(reason: "503")
        let quarantined = merge([], into: old, status: ProjectStatus(marker: .quarantined))
        #expect(quarantined.withdrawn.isEmpty)
        #expect(quarantined.record.files.map(\.filename) == old.files.map(\.filename))
        #expect(quarantined.record.files[0].isPresent)
        #expect(quarantined.wanted.isEmpty)
        #expect(!quarantined.record.isIncomplete)
        let page = [try file(coreMetadata: .available), try file("demo-2.0.tar.gz", "two")]
        let released = merge(page, into: quarantined.record)
        #expect(released.wanted == [0, 1])
        #expect(released.record.files[0].isPresent)
        #expect(released.record.files[0].lacks(.sidecar))
        #expect(released.record.files[1].state == missing)
    }

    @Test func aChangedClaimOfASidecarIsLookedAtAgain() throws {
        let old = try arrived([try file(coreMetadata: .available)])
        let claimed = CoreMetadata.digest(try digest("metadata"))
        let changed = merge([try file(coreMetadata: claimed)], into: old)
        #expect(changed.wanted == [0])
        #expect(changed.record.files[0].isPresent)
        #expect(changed.record.files[0].sidecar.object == nil)
        let none = merge([try file()], into: old)
        #expect(none.wanted.isEmpty)
        #expect(none.record.files[0].sidecar.object == nil)
        #expect(!none.record.files[0].lacks(.sidecar))
    }

    @Test func aRefusedSidecarIsNotAskedForAgain() throws {
        var old = try arrived([try file(coreMetadata: .available)])
        old.files[0].sidecar = Companion(problem: .refused(reason: "another"))
        let merge = merge([try file(coreMetadata: .available)], into: old)
        #expect(merge.wanted.isEmpty)
        #expect(merge.record.files == old.files)
    }

    @Test func theSelectionLeavesFilesOutAndTakesThemBack() throws {
        let page = [try file(), try file("demo-2.0.tar.gz", "two", coreMetadata: .available)]
        let old = try arrived(page)
        let excluded = merge(page, into: old, latest: 1)
        #expect(excluded.wanted.isEmpty)
        #expect(excluded.withdrawn.isEmpty)
        #expect(excluded.record.files[0].state == .excluded(rule: "not one of the newest 1 releases"))
        #expect(excluded.record.files[1].isPresent)
        #expect(excluded.record.counts.excluded == 1)
        #expect(excluded.record.objects.count == 2)
        var selected = merge(page, into: excluded.record)
        #expect(selected.wanted == [0])
        selected.findPresent { _ in 3 }
        selected.choosePaths(neverAsked)
        #expect(selected.wanted.isEmpty)
        #expect(selected.record.files == old.files)
    }

    @Test func aFileInTheStoreWithoutAPlaceStaysWanted() throws {
        var merge = merge([try file()])
        merge.findPresent { _ in 3 }
        #expect(merge.record.files[0].isPresent)
        #expect(merge.wanted == [0])
        merge.choosePaths { file, digest in "\(file.filename) \(digest.hex.prefix(2))" }
        #expect(merge.record.files[0].path == "demo-1.0-py3-none-any.whl 76")
        #expect(merge.wanted.isEmpty)
    }
}

extension RecordMergeTests {
    @Test func aQuarantinedPageMadeAgainFromItsRecordListsNothing() throws {
        let old = try arrived([try file()])
        let quarantined = merge([], into: old, status: ProjectStatus(marker: .quarantined)).record
        #expect(quarantined.pageAsSeen.files.isEmpty)
        #expect(old.pageAsSeen.files.map(\.filename) == ["demo-1.0-py3-none-any.whl"])
    }
}
