internal import Catalog
internal import Configuration
internal import Digest
internal import Scheduling

extension MirrorRoot {
    /// Checks the mirror against itself.
    ///
    /// Changes nothing but the times of checks in the index. A cancelled task ends it early, with what was found.
    ///
    /// - Parameters:
    ///   - options: What to look at, and how much of it.
    ///   - progress: Told how far it is.
    /// - Returns: What was found.
    /// - Throws: ``MirrorError`` when the disk fails, and `usage` for a project that the mirror does not know.
    package func verify(
        _ options: VerifyOptions,
        progress: VerifyProgress = VerifyProgress()
    ) async throws(MirrorError) -> VerifyReport {
        let settings = configuration.verification
        let limits = VerifyLimits(
            time: options.maximumTime,
            rate: (options.maximumRate ?? settings.maximumRate)?.bytes
        )
        let verifier = Verifier(self, options, limits, progress)
        return try await limits.interruption.whenCancelled { () async throws(MirrorError) in try await verifier.run() }
    }
}

extension Verifier {
    /// All that was asked for, one after the other, cheap things first.
    fileprivate func run() async throws(MirrorError) -> VerifyReport {
        let start = ContinuousClock.now
        let projects = try selectedProjects()
        if options.modes.contains(.index) { try await checkIndex(of: projects) }
        if options.modes.contains(.quick) { try await checkNames(of: projects) }
        if options.modes.contains(.publication) { try await checkPublication(of: projects) }
        if options.modes.contains(.content) { try await checkContent(of: projects) }
        if !options.modes.isDisjoint(with: [.quick, .content]), projects == nil {
            for finding in try await mirror.withdrawnFindings() { note(finding) }
        }
        try await measureCoverage()
        update { report in
            report.seconds = (ContinuousClock.now - start).inSeconds
            report.isInterrupted = limits.isInterrupted
            report.isStopped = limits.hasStopped
            report.sortFindings()
        }
        try await remember(report)
        return report
    }

    /// How long ago all objects were checked, whatever this run looks at.
    private func measureCoverage() async throws(MirrorError) {
        progress.begin(.coverage)
        let maximumAge = (options.maximumAge ?? mirror.configuration.verification.maximumAge)?.components.seconds
        let time = mirror.now()
        let coverage = try await mirror.coverage(at: time, maximumAge: maximumAge)
        update { $0.coverage = coverage }
    }

    /// Tells the index how much was found, which `status` tells on.
    private func remember(_ report: VerifyReport) async throws(MirrorError) {
        // Who writes to a broken index may break more of it.
        guard !report.isObstructed, !mirror.catalog.isReadOnly else { return }
        let catalog = mirror.catalog
        do throws(CatalogError) {
            try await mirror.workers.run { () throws(CatalogError) in
                try catalog.write { catalog throws(CatalogError) in
                    try catalog.put(MetaRow(String(report.foundCount)), under: .lastFindings, in: Tables.meta)
                }
            }
        } catch {
            try noteDamage(error)
        }
    }
}

extension MirrorRoot {
    /// How long ago all objects were checked.
    ///
    /// - Parameters:
    ///   - time: The time in seconds since 1970.
    ///   - maximumAge: The age in seconds up to which a check counts; `nil` when none is wanted.
    /// - Returns: The ages; `nil` when the index cannot be walked.
    /// - Throws: ``MirrorError`` when the disk fails.
    func coverage(at time: Int64, maximumAge: Int64?) async throws(MirrorError) -> Coverage? {
        let catalog = catalog
        do throws(CatalogError) {
            return try await workers.run { () throws(CatalogError) in
                var coverage = Coverage()
                var last: SHA256Digest?
                while true {
                    let start = last
                    let batch = try catalog.read { catalog throws(CatalogError) in
                        try catalog.survey(Tables.objects, after: start, limit: Verifier.batchSize)
                    }
                    for (_, row) in batch.rows { coverage.add(row, at: time, maximumAge: maximumAge) }
                    guard let end = batch.last else { return coverage }
                    last = end
                }
            }
        } catch {
            guard error.isOfIndex else { throw .catalog(error) }
            return nil
        }
    }
}
