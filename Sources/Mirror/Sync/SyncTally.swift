internal import Catalog
internal import Packaging
internal import Record
internal import Scheduling

/// What a sync counts while many tasks work on it.
final class SyncTally: Sendable {
    private let state = Locked(SyncReport())
    private let progress: SyncProgress

    init(progress: SyncProgress) {
        self.progress = progress
    }

    /// What was counted so far.
    var report: SyncReport { state.withLock { $0 } }

    /// Changes what is counted.
    func update(_ change: (inout SyncReport) -> Void) {
        state.withLock { change(&$0) }
    }

    /// Lists files that are left out since this sync.
    func add(_ drops: [RecordMerge.Drop], of project: ProjectName) {
        guard !drops.isEmpty else { return }
        let drops = drops.map {
            FileDrop(project: project, file: $0.filename, size: $0.size, reason: "\($0.reason), by \($0.rule)")
        }
        update { $0.drops += drops }
    }

    /// Counts a failure.
    func add(_ failure: Failure) {
        update { $0.failures.append(failure) }
        progress.update {
            $0.failures += 1
            $0.lastFailure = "\(failure)"
        }
    }

    /// Counts a failure, unless this very one was counted.
    func addOnce(_ failure: Failure) {
        if !report.failures.contains(failure) { add(failure) }
    }

    /// Notes what is worth knowing and is no failure.
    func add(warning: String) {
        update { $0.warnings.append(warning) }
    }

    /// The same for what several parts of a sync find out, each by itself.
    func addOnce(warning: String) {
        update { if !$0.warnings.contains(warning) { $0.warnings.append(warning) } }
    }

    func addUnchanged() { update { $0.projects.unchanged += 1 } }
    func addDeferred() { update { $0.projects.deferred += 1 } }
    func addFailed() { update { $0.projects.failed += 1 } }

    /// Counts a project that was brought up to date.
    func add(isChanged: Bool) {
        update {
            if isChanged { $0.projects.changed += 1 } else { $0.projects.unchanged += 1 }
        }
    }

    /// Counts what a dry run would do.
    ///
    /// - Parameters:
    ///   - merge: What would become of the project.
    ///   - old: Its record so far.
    ///   - isDependency: Whether only what others need asks for it.
    func addDryRun(_ merge: RecordMerge, old: ProjectRecord?, isDependency: Bool) {
        let wanted = merge.wanted.map { merge.record.files[$0] }.filter { merge.demand.downloads($0) }
        let here = Set((old?.files ?? []).filter(\.isKept).map(\.filename))
        let excluded = merge.record.files.count { file in
            if case .excluded = file.state { here.contains(file.filename) } else { false }
        }
        update { report in
            report.changes.add(merge, old: old, isDependency: isDependency)
            if merge.record == old, merge.withdrawn.isEmpty {
                report.projects.unchanged += 1
            } else {
                report.projects.changed += 1
            }
            report.files.downloaded += wanted.count
            report.bytesDownloaded += wanted.reduce(0) { $0 + ($1.size ?? 0) }
            report.withdrawals += merge.withdrawn.count + excluded
        }
    }

    /// Counts files that are to be downloaded.
    func addPlanned(_ files: [FileRecord], _ demand: FileDemand) {
        let missing = files.filter { demand.downloads($0) }
        progress.update { progress in
            progress.files.total += missing.count
            progress.totalBytes += missing.reduce(0) { $0 + ($1.size ?? 0) }
        }
    }

    /// Counts a file that was downloaded or could not be.
    func addDone(_ file: FileRecord) {
        progress.update { $0.files.done += 1 }
    }

    /// Counts bytes that arrived.
    func addDownload(bytes: UInt64, isFile: Bool) {
        update {
            if isFile { $0.files.downloaded += 1 }
            $0.bytesDownloaded += bytes
        }
    }
}
