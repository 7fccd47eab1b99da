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
        if !dryRun { _ = try await mirror.lock() }
    }

    /// Repairs what was found, and enters into the report what became of it.
    ///
    /// - Throws: ``MirrorError`` for what stops the whole repair.
    func apply(to report: inout VerifyReport, of mirror: MirrorRoot) async throws(MirrorError) {
        guard repair, !report.findings.isEmpty, !report.isInterrupted else { return }
        var options = RepairOptions()
        options.source = try source(for: mirror)
        options.isDryRun = dryRun
        let repaired: RepairReport
        if dryRun {
            repaired = try await mirror.repair(report.findings, options)
        } else {
            let lock: MirrorLock
            do throws(MirrorError) {
                lock = try await mirror.lock()
            } catch {
                switch error {
                case .locked, .indexReplaced: break
                default: throw error
                }
                // What was found is worth more than that nothing could be done about it yet.
                for index in report.findings.indices {
                    report.findings[index].outcome = .left
                    report.findings[index].repair = "\(error)"
                }
                return
            }
            let attempt = await attempt(report.findings, options, of: mirror)
            withExtendedLifetime(lock) {}
            switch attempt {
            case .success(let result): repaired = result
            case .failure(let error): return try leave(error, in: &report)
            }
        }
        report.replaceFindings(repaired.findings)
        if repaired.isInterrupted { report.isInterrupted = true }
    }

    private func attempt(
        _ findings: [Finding],
        _ options: RepairOptions,
        of mirror: MirrorRoot
    ) async -> Result<RepairReport, MirrorError> {
        do throws(MirrorError) {
            return .success(try await mirror.repair(findings, options))
        } catch {
            return .failure(error)
        }
    }

    /// Tells what was found though the index is too damaged to repair anything; the next verification sees what was
    /// done already.
    private func leave(_ error: MirrorError, in report: inout VerifyReport) throws(MirrorError) {
        guard let finding = error.indexFinding else { throw error }
        if !report.findings.contains(where: { $0.kind == .indexCorrupt }) { report.add(finding) }
        report.isObstructed = true
        for index in report.findings.indices {
            report.findings[index].outcome = .left
            report.findings[index].repair = finding.detail
        }
    }

    private func source(for mirror: MirrorRoot) throws(MirrorError) -> RepairSource? {
        guard let from else { return nil }
        guard from.contains("://") else {
            return .root(try MirrorRoot.checkedRoot(absolute(from)))
        }
        do throws(IndexURLError) {
            return .index(try IndexURL(from, allowsFTP: mirror.configuration.upstream.allowsFTP))
        } catch {
            throw .usage("--from: \(error)")
        }
    }
}
