import ArgumentParser
import Configuration
import Mirror
import SystemPackage

/// What `larder verify` is to do with what it finds.
struct RepairArguments: ParsableArguments {
    @Flag(
        name: .long,
        help: "Mend what is found: from the upstream, or take it off the pages and keep it in quarantine."
    )
    var repair = false

    @Option(
        name: .long,
        help: ArgumentHelp(
            "With --repair: the folder of another mirror, or the URL of its simple index, to ask before the upstream.",
            valueName: "url|root"
        )
    )
    var from: String?

    @Flag(name: .long, help: "With --repair: only say what would be done.")
    var dryRun = false

    func validate() throws {
        guard repair || (from == nil && !dryRun) else {
            throw ValidationError("--from and --dry-run say how to repair; add --repair")
        }
    }

    /// Refuses to begin what could not be ended: while another command changes the mirror, nothing can be repaired.
    ///
    /// - Throws: ``MirrorError``: `locked`, or what is wrong with `--from`.
    func check(_ mirror: MirrorRoot) async throws(MirrorError) {
        guard repair else { return }
        _ = try source(for: mirror)
        // Not kept: a verification takes long, and must not hold up a sync.
        if !dryRun { try await mirror.checkLock() }
    }

    /// Repairs what was found, and enters into the report what became of it.
    ///
    /// - Parameters:
    ///   - report: What was found.
    ///   - mirror: The mirror.
    ///   - progress: Told how far the repair is.
    /// - Returns: What stopped the whole repair; what was found and done before is in the report.
    /// - Throws: ``MirrorError`` for a source that cannot be used.
    func apply(
        to report: inout VerifyReport,
        of mirror: MirrorRoot,
        progress: VerifyProgress
    ) async throws(MirrorError) -> MirrorError? {
        guard repair, !report.findings.isEmpty, !report.isInterrupted else { return nil }
        var options = RepairOptions()
        options.source = try source(for: mirror)
        options.isDryRun = dryRun
        let lock: MirrorLock?
        do throws(MirrorError) {
            lock = dryRun ? nil : try await mirror.lock()
        } catch {
            // What was found is worth more than that nothing could be done about it yet.
            for index in report.findings.indices {
                report.findings[index].outcome = .left
                report.findings[index].repair = "\(error)"
            }
            switch error {
            case .locked, .indexReplaced: return nil
            default: break
            }
            return leave(error, in: &report)
        }
        let unlisted = report.foundCount - report.findings.count
        let repaired = await mirror.repair(report.findings, unlisted: unlisted, options, progress: progress)
        lock?.release()
        report.replaceFindings(repaired.findings)
        if repaired.isInterrupted { report.isInterrupted = true }
        return repaired.failure.flatMap { leave($0, in: &report) }
    }

    /// Enters damage of the index that a repair came upon among the findings.
    ///
    /// - Returns: The error, when it is of another kind.
    private func leave(_ error: MirrorError, in report: inout VerifyReport) -> MirrorError? {
        guard var finding = error.indexFinding else { return error }
        finding.outcome = .left
        if !report.findings.contains(where: { $0.kind == .indexCorrupt }) { report.add(finding) }
        report.isObstructed = true
        return nil
    }

    private func source(for mirror: MirrorRoot) throws(MirrorError) -> RepairSource? {
        guard let from else { return nil }
        guard from.contains("://") else {
            return .root(try MirrorRoot.checkedRoot(absolute(from)))
        }
        do throws(IndexURLError) {
            return .index(try IndexURL(from, allowsFTP: mirror.configuration.upstreams.contains(where: \.allowsFTP)))
        } catch {
            throw .usage("--from: \(error)")
        }
    }
}
