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
    ///   - options: How to go about it.
    ///   - progress: Told how many of how many findings are done with.
    /// - Returns: What became of each finding.
    /// - Throws: ``MirrorError`` for what stops the whole repair, such as a full disk.
    package func repair(
        _ findings: [Finding],
        _ options: RepairOptions = RepairOptions(),
        progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) async throws(MirrorError) -> RepairReport {
        let repairer = Repairer(self, findings, options, progress: progress)
        if options.isDryRun {
            try await repairer.tellPlan()
            return repairer.report
        }
        try await repairer.interruption.whenCancelled { () async throws(MirrorError) in
            // Records first: they say where the bytes of objects may be had.
            try await repairer.repairRecords()
            try await repairer.repairRows()
            try await repairer.repairModes()
            let withdrawn = try await repairer.repairObjects()
            try await repairer.repairPublication()
            try await repairer.finish(withdrawn)
        }
        let report = repairer.report
        let count = report.findings.count(where: \.isLeft)
        let catalog = catalog
        try await workers.runWrapping {
            try catalog.write { catalog throws(CatalogError) in
                try catalog.put(MetaRow(String(count)), under: .lastFindings, in: Tables.meta)
            }
        }
        return report
    }
}
