internal import Bundle
internal import Catalog
internal import FileIO
internal import Minisign
internal import Publication
internal import Scheduling
internal import SystemPackage

/// One import: checks, volumes, the proof that nothing lacks, and then everything at once.
struct ImportRun: Sendable {
    let mirror: MirrorRoot
    let options: ImportOptions
    let progress: BundleProgress
    let sources: BundleSources
    let stage: ImportStage
    let interruption = Interruption()

    init(_ mirror: MirrorRoot, _ options: ImportOptions, _ progress: BundleProgress) {
        self.mirror = mirror
        self.options = options
        self.progress = progress
        sources = BundleSources(places: options.sources, fileSystem: mirror.fileSystem)
        stage = ImportStage(root: mirror.path, fileSystem: mirror.fileSystem)
    }

    var fileSystem: any FileSystem { mirror.fileSystem }
}

extension MirrorRoot {
    /// Brings the mirror to what a bundle leads to.
    ///
    /// Nothing changes before all of the bundle was read and checked; then one publication shows it all (I14). Volumes may
    /// come in any order and from several media; those that are done are kept, so that a run that ends before the last
    /// one goes on with the next run.
    ///
    /// - Parameters:
    ///   - options: What is imported, and whom to believe.
    ///   - progress: Told how far it is.
    /// - Returns: What was imported.
    /// - Throws: ``MirrorError``; `refused` for a bundle that is not taken, and what is wrong with it; `noSpace`; `locked`
    ///   while another command changes the mirror.
    package func importBundle(
        _ options: ImportOptions,
        progress: BundleProgress = BundleProgress()
    ) async throws(MirrorError) -> ImportReport {
        let start = ContinuousClock.now
        let lock = try await lock(settling: false)
        defer { lock.release() }
        let run = ImportRun(self, options, progress)
        var report = try await run.interruption.whenCancelled { () async throws(MirrorError) in try await run.run() }
        report.seconds = (ContinuousClock.now - start).inSeconds
        return report
    }

    /// Gives up an import that was begun and not finished; one that is proven is put into place instead, since a part of it
    /// may be there already.
    ///
    /// - Returns: What became of it.
    /// - Throws: ``MirrorError``; `locked` while another command changes the mirror.
    package func discardImport() async throws(MirrorError) -> ImportEnd {
        let lock = try await lock(settling: false)
        defer { lock.release() }
        if let settled = try await settleImport() { return .settled(settled.bundle) }
        let stage = ImportStage(root: path, fileSystem: fileSystem)
        return try await workers.runWrapping {
            let bundle = try? stage.bundle()?.description
            try stage.discard()
            return bundle.map { .discarded($0) } ?? .nothing
        }
    }
}

extension ImportRun {
    fileprivate func run() async throws(MirrorError) -> ImportReport {
        let workers = mirror.workers
        // What a run that was cut off has proven is put into place, and shown, before anything else.
        if !options.isDryRun, var settled = try await mirror.settleImport() {
            try await mirror.publishImported(&settled)
            let bundle = settled.bundle
            if try await workers.runWrapping({ try isGiven(bundle) }) { return settled }
        }
        let admission = try await workers.runWrapping { try admit() }
        if case .known = admission.standing { return try await showAgain(admission) }
        if options.isDryRun { return try await workers.runWrapping { try foresee(admission) } }
        var missing: MirrorError?
        do throws(MirrorError) {
            try await workers.runWrapping { try begin(admission) }
            missing = try await readVolumes(of: admission.bundle)
            if missing == nil { try await prove(admission) }
        } catch {
            // Of an import that nothing came of, nothing stays.
            try await workers.runWrapping {
                if try !stage.hasVolumes() { try stage.discard() }
            }
            throw error
        }
        if let missing { throw missing }
        return try await mirror.putImportIntoPlace(progress, signers: admission.signers)
    }

    /// Has readers see what is in place already, which a run that was cut off may not have shown.
    private func showAgain(_ admission: AdmittedBundle) async throws(MirrorError) -> ImportReport {
        var report = ImportReport(admission.bundle)
        report.signers = admission.signers
        report.isKnown = true
        report.isDryRun = options.isDryRun
        guard !options.isDryRun else { return report }
        try await mirror.workers.runWrapping {
            try TrustedKeys(root: mirror.path, fileSystem: fileSystem).add(options.trusted)
        }
        try await mirror.publishImported(&report)
        return report
    }

    /// Shows that nothing lacks; what cannot be shown now never can, so that nothing is kept of it.
    private func prove(_ admission: AdmittedBundle) async throws(MirrorError) {
        let selection = try await mirror.newestSelection()
        let workers = mirror.workers
        do throws(MirrorError) {
            try await workers.runWrapping { try prove(admission, showing: selection) }
        } catch {
            if case .refused = error { try await workers.runWrapping { try stage.discard() } }
            throw error
        }
    }
}

extension MirrorRoot {
    /// The last bundle that was imported; `nil` before the first.
    ///
    /// - Throws: ``MirrorError``.
    func importedBundle() async throws(MirrorError) -> ImportedBundle? {
        try await workers.runWrapping { [path, fileSystem] in
            try MirrorState(root: path, fileSystem: fileSystem).imported
        }
    }

    /// Throws when the mirror follows another one by bundles: what its configuration selects would take off what these
    /// brought.
    ///
    /// - Throws: ``MirrorError``.
    func checkHasUpstream() async throws(MirrorError) {
        guard let imported = try await importedBundle() else { return }
        throw .usage(
            "this mirror follows mirror \(imported.mirror) by bundles (the last one is number \(imported.sequence)); "
                + "`larder import` brings it up to date"
        )
    }
}
