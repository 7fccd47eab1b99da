internal import Catalog
internal import Configuration
internal import Digest
internal import FileIO
internal import Scheduling
internal import WebPages

extension MirrorRoot {
    /// Checks the mirror against itself.
    ///
    /// Changes nothing but the times of checks, and the number of findings, in the index. A cancelled task ends it
    /// early, with what was found.
    ///
    /// - Parameters:
    ///   - options: What to look at, and how much of it.
    ///   - progress: Told how far it is.
    /// - Returns: What was found.
    /// - Throws: ``MirrorError``: `usage` for a project that the mirror does not know, `catalog` for an index whose pages
    ///   are damaged, and what else keeps all of it from being done. What cannot be read is a finding.
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
        if options.modes.contains(.index) {
            if projects == nil { try await checkPages() }
            try await checkIndex(of: projects)
        }
        if options.modes.contains(.quick) { try await checkNames(of: projects) }
        if options.modes.contains(.publication) { try await checkPublication(of: projects) }
        if options.modes.contains(.content) { try await checkContent(of: projects) }
        if !options.modes.isDisjoint(with: [.quick, .content]), projects == nil { await findWithdrawn() }
        await measureCoverage()
        await checkWhetherIndexIsCurrent()
        await remember(report.foundCount)
        await tellFrontPage()
        update { report in
            report.seconds = (ContinuousClock.now - start).inSeconds
            report.isInterrupted = limits.isInterrupted
            report.isStopped = limits.hasStopped
            report.sortFindings()
        }
        return report
    }

    /// How long ago all objects were checked, whatever this run looks at.
    private func measureCoverage() async {
        progress.begin(.coverage)
        let maximumAge = (options.maximumAge ?? mirror.configuration.verification.maximumAge)?.components.seconds
        let time = mirror.now()
        do throws(CatalogError) {
            let coverage = try await mirror.coverage(at: time, maximumAge: maximumAge)
            update { $0.coverage = coverage }
        } catch {
            note(error)
        }
    }

    /// Whether what was compared with the index was compared with the mirror's: a rebuild may have made another one.
    private func checkWhetherIndexIsCurrent() async {
        let isReplaced = try? await mirror.workers.run { [mirror] () throws(FileError) in try mirror.isIndexReplaced() }
        guard isReplaced ?? true else { return }
        note(
            Finding(
                .ioError,
                path: "index",
                detail: "it was made anew while the old one was read; what was found may be right no more"
            )
        )
    }

    /// Objects that a repair withdrew and that nobody had again.
    private func findWithdrawn() async {
        do throws(MirrorError) {
            let findings = try await mirror.withdrawnFindings { project in
                if let key = try? ProjectKey(project) { _ = reading(of: project, key) }
            }
            for finding in findings {
                // Whoever could not read a record either told of it.
                let record = finding.kind == .ioError ? finding.project.flatMap { try? ProjectKey($0) } : nil
                if record.map({ isFirstTold(recordOf: $0) }) ?? true { note(finding) }
            }
        } catch {
            if case .catalog(let error) = error { return note(error) }
            note(Finding(.ioError, path: "quarantine", detail: "\(error)"))
        }
    }

    /// Tells people how much is checked.
    private func tellFrontPage() async {
        guard !isBroken, let coverage = report.coverage else { return }
        let time = mirror.now()
        let maximumAge = (options.maximumAge ?? mirror.configuration.verification.maximumAge)?.components.seconds
        let verification = FrontPage.Verification(
            finished: time,
            objects: coverage.objects,
            covered: coverage.covered,
            maximumAge: maximumAge,
            oldestCheck: coverage.oldestAge.map { time - $0 },
            findings: report.foundCount
        )
        await mirror.tryToRenewFrontPage(after: .verification(verification, coverage))
    }

    /// Tells the index how much was found, which `status` tells on.
    private func remember(_ count: Int) async {
        guard !isBroken, !mirror.catalog.isReadOnly else { return }
        do throws(CatalogError) {
            try await mirror.remember(findings: count)
        } catch {
            if error.isOfIndex { return note(error) }
            note(Finding(.ioError, path: "index", detail: "how much was found could not be noted: \(error)"))
        }
    }
}

extension MirrorRoot {
    /// How long ago all objects were checked.
    ///
    /// - Parameters:
    ///   - time: The time in seconds since 1970.
    ///   - maximumAge: The age in seconds up to which a check counts; `nil` when none is wanted.
    /// - Returns: The ages.
    /// - Throws: ``CatalogError`` when the index cannot be walked.
    func coverage(at time: Int64, maximumAge: Int64?) async throws(CatalogError) -> Coverage {
        let catalog = catalog
        return try await workers.run { () throws(CatalogError) in
            var coverage = Coverage()
            var last: SHA256Digest?
            while true {
                let start = last
                let batch = try catalog.read { catalog throws(CatalogError) in
                    try catalog.survey(Tables.objects, after: start, limit: Verifier.batchSize)
                }
                for (_, row) in batch.rows { coverage.add(row, at: time, maximumAge: maximumAge) }
                guard let end = batch.last else { break }
                last = end
            }
            var lastCopy: PackageKey?
            while true {
                let start = lastCopy
                let batch = try catalog.read { catalog throws(CatalogError) in
                    try catalog.survey(Tables.packages, after: start, limit: Verifier.batchSize)
                }
                for (_, row) in batch.rows where row.isCopy { coverage.add(row, at: time, maximumAge: maximumAge) }
                guard let end = batch.last else { return coverage }
                lastCopy = end
            }
        }
    }
}
