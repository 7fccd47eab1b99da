internal import Catalog
internal import Digest
internal import Packaging
internal import Record
internal import Selection
internal import SimpleIndex

/// What a page makes of a project's record, before anything is downloaded.
///
/// Pure: knows no files and no clock.
/// Every file of the page is in the record, selected or not; what the record had and the page has no more stays in the
/// record until its removal is accepted.
struct RecordMerge: Sendable {
    /// A file that is left out for what nobody could know before, such as its size.
    struct Drop: Equatable, Sendable {
        let filename: String
        let size: UInt64?
        let reason: String
        let rule: Rule

        init(_ file: FileRecord, _ reason: String, by rule: Rule) {
            filename = file.filename
            size = file.size
            self.reason = reason
            self.rule = rule
        }
    }

    /// The record as it will be when everything that is missing arrived.
    var record: ProjectRecord
    /// The places in `record.files` of those that are selected and not known to be here.
    var wanted: [Int] = []
    /// The names of files that are here and that the page has no more.
    var withdrawn: [String] = []
    /// Refused names that the old record did not have.
    var newRefusals: [RefusalRecord] = []
    /// Changed digests, each refused; the file of before is kept.
    var changedDigests: [ChangedDigest] = []
    /// Files that are left out for what nobody could know before, unless they were before.
    var drops: [Drop] = []
    /// What is asked for by name and not on the page, and who asks.
    private(set) var unmet: [(what: String, rule: Rule)] = []
    /// Files that somebody asks for one by one; that a rule leaves them out is told.
    private var exactFiles: Set<String> = []
    /// The rules that leave files of the page out, by filename.
    private(set) var leftOut: [String: Rule] = [:]
    /// The places in `record.files` of those whose link got its place in this merge.
    var chosen: [Int] = []
    /// Whether provenance is kept.
    let keepsProvenance: Bool
    /// Which files are downloaded.
    let demand: FileDemand

    /// Merges a page into a record.
    ///
    /// - Parameters:
    ///   - page: What upstream says now.
    ///   - refusals: What is refused of the page.
    ///   - url: The URL of the page.
    ///   - old: The record so far; `nil` for a project that is new.
    ///   - selection: Which files are kept.
    ///   - demands: What asks for single files of the project; none stands for all.
    ///   - demand: Which files are downloaded.
    ///   - keepsProvenance: Whether provenance documents are wanted.
    ///   - now: The time in seconds since 1970.
    ///   - acceptsChange: Whether a file may have another digest than before.
    init(
        page: ProjectPage,
        refusals: [RefusalRecord],
        url: String,
        old: ProjectRecord?,
        selection: FileSelection,
        demands: [Demand] = [],
        demand: FileDemand = .all,
        keepsProvenance: Bool = false,
        now: Int64,
        acceptsChange: (String) -> Bool
    ) {
        self.keepsProvenance = keepsProvenance
        self.demand = demand
        record = ProjectRecord(name: page.name, page: url, firstSeen: old?.firstSeen ?? now)
        record.serial = page.serial
        record.status = page.status
        record.versions = page.versions
        record.refusals = refusals.sorted { $0.filename.utf8.lexicographicallyPrecedes($1.filename.utf8) }
        let known = Set((old?.refusals ?? []).map(\.filename))
        newRefusals = record.refusals.filter { !known.contains($0.filename) }

        let before = KnownFiles(old)
        let kept = before.kept(page.files, acceptsChange: acceptsChange)
        for demand in demands {
            unmet += demand.unmet(by: kept, of: page.name)
        }
        let decisions = before.decide(kept, of: page.name, by: selection, demands: demands, now: now)
        exactFiles = Demand.exactFiles(of: demands, among: page.files, of: page.name)
        var rest = before.byName
        for (file, decision) in zip(page.files, decisions) {
            let old = rest.removeValue(forKey: file.filename)
            record.files.append(
                merge(file, decision, with: old, now: now, acceptsChange: acceptsChange(file.filename))
            )
        }
        // A quarantined project's page lists nothing (PEP 792); its files are kept for when that ends.
        let isQuarantined = page.status?.marker == .quarantined
        for var file in rest.values {
            if file.isKept, !isQuarantined { withdrawn.append(file.filename) }
            // What is on no page is not asked for, and neither are its companions.
            for kind in CompanionKind.allCases where file.lacks(kind) { file[kind].problem = nil }
            switch file.state {
            case .known where !isQuarantined: record.files.append(file)
            case .present, .removed: record.files.append(file)
            case .known, .missing, .excluded:
                guard isQuarantined else { continue }
                file.state = .excluded(rule: "the project is quarantined")
                record.files.append(file)
            }
        }
        record.files.sort { $0.filename.utf8.lexicographicallyPrecedes($1.filename.utf8) }
        withdrawn.sort()
        let listed = Set(page.files.map(\.filename))
        wanted = record.files.indices.filter {
            isWanted(record.files[$0]) && listed.contains(record.files[$0].filename)
        }
    }

    /// Whether something of a file is to be downloaded.
    func isWanted(_ file: FileRecord) -> Bool {
        switch file.state {
        case .missing: true
        case .known: demand.includesKnown || file.lacksCompanion
        case .present, .excluded, .removed: file.lacksCompanion
        }
    }

    /// One file of the page, with what is known of it from before.
    private mutating func merge(
        _ file: PageFile,
        _ decision: FileDecision,
        with old: FileRecord?,
        now: Int64,
        acceptsChange: Bool
    ) -> FileRecord {
        var merged = FileRecord(file, firstSeen: old.flatMap { since($0, file, decision) } ?? now)
        guard let old, old.sha256 != nil, !old.isUnproven else { return decided(merged, decision, old: nil) }
        if let change = old.change(to: file) {
            guard acceptsChange else {
                changedDigests.append(change)
                return decided(old, decision, old: old)
            }
            return decided(merged, decision, old: nil)
        }
        // The same bytes: what we found out of them stays known.
        merged.sha256 = old.sha256
        merged.isDigestOurs = old.isDigestOurs && file.sha256 == nil
        if merged.size == nil || old.isPresent && merged.size != old.size {
            // Of bytes that are here the size is known, whatever the page says.
            merged.size = old.size
            merged.isSizeOurs = true
        }
        merged.path = old.path
        merged.takeCompanions(from: old)
        return decided(merged, decision, old: old)
    }

    /// When the bytes of a file were first seen; `nil` when these may be others than before.
    private func since(_ old: FileRecord, _ file: PageFile, _ decision: FileDecision) -> Int64? {
        // Nothing is told of bytes that nobody wants; their time begins when somebody does.
        if !decision.isWanted, old.sha256 == nil, file.sha256 == nil { return old.firstSeen }
        return old.firstSeen(as: file)
    }

    /// A file with the state that the selection gives it.
    private mutating func decided(_ file: FileRecord, _ decision: FileDecision, old: FileRecord?) -> FileRecord {
        var file = file
        file.withheldUntil = nil
        switch decision {
        case .excluded(let reason, let rule):
            leftOut[file.filename] = rule
            if rule.isTold || exactFiles.contains(file.filename), old?.state != .excluded(rule: reason) {
                drops.append(.init(file, reason, by: rule))
            }
            file.state = .excluded(rule: reason)
            file.forgetProblems()
        case .selected, .withheld:
            if case .withheld(let until, _) = decision { file.withheldUntil = until }
            if let old, old.isPresent {
                file.state = .present
            } else {
                file.state = demand.state(of: file)
            }
            if !keepsProvenance { file.provenanceDocument = Companion() }
            for kind in CompanionKind.allCases where file[kind] == Companion() && wants(kind, of: file) {
                file[kind].problem = .notDownloaded
            }
        }
        return file
    }

    /// Whether a companion is asked for with its file: upstream has it, and it is kept.
    func wants(_ kind: CompanionKind, of file: FileRecord) -> Bool {
        switch kind {
        case .sidecar: file.coreMetadata != nil
        case .provenance: keepsProvenance && file.provenance != nil
        }
    }
}
