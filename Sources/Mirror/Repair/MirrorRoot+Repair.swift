internal import Catalog
internal import FileIO
internal import Scheduling
package import SystemPackage

extension MirrorRoot {
    /// The root of another mirror, from which objects may be copied.
    ///
    /// - Throws: ``MirrorError``; `noMirror` when there is none.
    package static func checkedRoot(_ path: FilePath) throws(MirrorError) -> FilePath {
        try MirrorFiles(root: path, fileSystem: POSIXFileSystem()).checkFormat()
        return path
    }

    /// Mends what a verification found, as far as it can be mended, and takes off the pages what cannot.
    ///
    /// Whoever calls it holds ``lock()``. Nothing of the findings is believed: everything is read again first. A crash
    /// at any point leaves what the next verification finds, and what the next repair or sync makes whole.
    ///
    /// - Parameters:
    ///   - findings: What was found.
    ///   - unlisted: How many findings there are besides, which are counted as left.
    ///   - options: How to go about it.
    ///   - progress: Told how many of the findings are done with.
    /// - Returns: What became of each finding, and what stopped the whole repair, such as a full disk.
    package func repair(
        _ findings: [Finding],
        unlisted: Int = 0,
        _ options: RepairOptions = RepairOptions(),
        progress: VerifyProgress = VerifyProgress()
    ) async -> RepairReport {
        progress.begin(.repair, items: findings.count)
        let repairer = Repairer(self, findings, options, progress: progress)
        var report = await repairer.finalReport()
        guard !options.isDryRun, report.failure?.indexFinding == nil else { return report }
        let count = unlisted + report.findings.count(where: \.isLeft)
        do throws(CatalogError) {
            try await remember(findings: count)
        } catch {
            report.failure = report.failure ?? .catalog(error)
        }
        await tryToRenewFrontPage(after: .repair(findings: count))
        return report
    }
}

extension Repairer {
    /// Does what was asked for, and tells of it.
    fileprivate func finalReport() async -> RepairReport {
        do throws(MirrorError) {
            try await options.isDryRun ? tellPlan() : run()
            return report
        } catch {
            var report = report
            report.stop(error)
            return report
        }
    }

    /// All that can be mended, one class after the other.
    private func run() async throws(MirrorError) {
        try await interruption.whenCancelled { () async throws(MirrorError) in
            // Records first: they say where the bytes of objects may be had.
            try await repairRecords()
            try await repairRows()
            try await repairModes()
            let withdrawn = try await repairObjects()
            // Those whose bytes were wrong as well.
            try await repairModes()
            try await repairCopies()
            try await repairPublication()
            try await finish(withdrawn)
        }
    }
}
