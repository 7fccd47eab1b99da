internal import Packaging
internal import Record
internal import Selection

/// What a sync would change on the pages and in the store, by cause.
package struct SyncChanges: Sendable, Equatable {
    /// How much there is of one cause.
    package struct Count: Sendable, Equatable {
        /// Projects of which there is anything.
        package var projects = 0
        /// Files.
        package var files = 0
        /// Bytes: to be downloaded of files that come, freed after the grace of `gc` of files that go.
        package var bytes: UInt64 = 0
        /// The first day on which pages may list one of the files, as `yyyy-mm-dd`; `nil` when they need not wait.
        package var until: String?
    }

    /// The cause of what is had or here, and too young for pages.
    private static let waiting = "[policy] minimum-age"

    /// Files that come, by cause.
    package private(set) var added: [String: Count] = [:]
    /// Files that leave the pages, by cause.
    package private(set) var withdrawn: [String: Count] = [:]

    /// No change.
    package init() {}

    /// Counts what becomes of one project.
    ///
    /// - Parameters:
    ///   - merge: What its page and the selection make of it.
    ///   - old: Its record so far; `nil` when there is none.
    ///   - isDependency: Whether only what others need asks for it.
    mutating func add(_ merge: RecordMerge, old: ProjectRecord?, isDependency: Bool = false) {
        let before = Dictionary(
            (old?.files ?? []).map { ($0.filename, $0) },
            uniquingKeysWith: { first, _ in first }
        )
        let isNew = old == nil || old?.removal != nil
        var change = SyncChanges()
        for file in merge.record.files {
            let old = before[file.filename]
            let wasShown = !isNew && old?.isKept == true && old?.withheldUntil == nil
            switch file.state {
            case .present, .known, .missing:
                if old?.isKept == true, !isNew {
                    change.countWait(file, wasShown: wasShown)
                } else {
                    let bytes = file.isKept ? 0 : file.size ?? 0
                    let cause = isDependency ? "[select] closure" : Self.cause(ofAdding: old, isNew: isNew)
                    // Why they come matters less than that nobody sees them come.
                    Self.count(
                        &change.added,
                        file.withheldUntil == nil ? cause : Self.waiting,
                        bytes,
                        file.withheldUntil
                    )
                }
            case .excluded:
                guard let old, old.isKept, !isNew else { continue }
                let cause = merge.leftOut[file.filename]?.key ?? "excluded"
                Self.count(&change.withdrawn, cause, old.isPresent ? old.size ?? 0 : 0)
            case .removed: continue
            }
        }
        for name in merge.withdrawn {
            Self.count(&change.withdrawn, "upstream has them no more", before[name]?.size ?? 0)
        }
        add(change)
    }

    /// Counts a project that is taken off as a whole.
    mutating func addRemoval(_ cause: String, files: Int, bytes: UInt64) {
        var count = withdrawn[cause] ?? Count()
        count.projects += 1
        count.files += files
        count.bytes += bytes
        withdrawn[cause] = count
    }

    /// A file that is here before and after, and that pages may list now and not before, or the other way round.
    private mutating func countWait(_ file: FileRecord, wasShown: Bool) {
        if wasShown, let until = file.withheldUntil { Self.count(&withdrawn, Self.waiting, 0, until) }
        if !wasShown, file.withheldUntil == nil { Self.count(&added, "old enough by now", 0) }
    }

    private static func count(
        _ counts: inout [String: Count],
        _ cause: String,
        _ bytes: UInt64,
        _ until: Int64? = nil
    ) {
        let day = until.map { Day(seconds: $0).description }
        counts[cause, default: Count()] += Count(projects: 0, files: 1, bytes: bytes, until: day)
        counts[cause, default: Count()].projects = 1
    }

    private mutating func add(_ other: SyncChanges) {
        for (cause, count) in other.added { added[cause, default: Count()] += count }
        for (cause, count) in other.withdrawn { withdrawn[cause, default: Count()] += count }
    }

    private static func cause(ofAdding old: FileRecord?, isNew: Bool) -> String {
        if isNew { return "new projects" }
        return switch old?.state {
        case nil: "new files"
        case .excluded: "wanted now"
        case .missing: "not had before"
        case .removed: "listed again"
        case .present, .known: "other bytes"
        }
    }
}

extension SyncChanges.Count {
    fileprivate static func += (left: inout Self, right: Self) {
        left.projects += right.projects
        left.files += right.files
        left.bytes += right.bytes
        left.until = [left.until, right.until].compactMap { $0 }.min()
    }
}
