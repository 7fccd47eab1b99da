internal import Catalog
internal import Configuration
internal import FileIO
internal import Packaging
internal import Scheduling
internal import SystemPackage

/// What a look at the mirror found to be done.
private struct CollectionPlan: Sendable {
    let time: CollectionTime
    let grace: Int64
    /// The parts into which the walks are split.
    let passes: [ClosedRange<UInt8>]
    /// What is kept of the first part.
    let roots: Roots
    /// Whether anything may be removed, or only marked.
    let mayRemove: Bool
}

extension MirrorRoot {
    /// Marks what nothing refers to, and removes what nothing has referred to for long enough.
    ///
    /// Records, what readers see, and snapshots are what things are kept for. It looks at everything first: what cannot
    /// be read then stops it before anything is changed, and so does a clock that jumped; a share of objects that is too
    /// large is only marked. What cannot be read any more when it acts, between the parts of a mirror that does not fit
    /// the memory, ends it where it is. A crash at any point leaves nothing but files that nothing refers to, which a
    /// later collection removes.
    ///
    /// - Parameters:
    ///   - options: How it is done.
    ///   - progress: Told how far it is.
    /// - Returns: What was found and done.
    /// - Throws: ``MirrorError``; `locked` while another command changes the mirror.
    package func collect(
        _ options: CollectionOptions = CollectionOptions(),
        progress: CollectionProgress = CollectionProgress()
    ) async throws(MirrorError) -> CollectionReport {
        let start = ContinuousClock.now
        // A dry run changes nothing, so that it holds up nobody.
        if options.isDryRun {
            try await look(options, progress)
        } else {
            // It frees room, which an import may wait for.
            let lock = try await lock(settling: false)
            defer { lock.release() }
            try await act(options, progress)
            // One that was stopped changes nothing at all.
            if progress.snapshot.report.failures.isEmpty { try await renewFrontPage() }
        }
        var report = progress.snapshot.report
        report.isDryRun = options.isDryRun
        report.outcome =
            Task.isCancelled ? .interrupted : report.failures.isEmpty ? .complete : .partial
        report.failures.sort()
        report.seconds = (ContinuousClock.now - start).inSeconds
        return report
    }

    /// Counts what a collection would do.
    ///
    /// - Returns: What to do; `nil` when nothing may be changed.
    @discardableResult
    private func look(
        _ options: CollectionOptions,
        _ progress: CollectionProgress
    ) async throws(MirrorError) -> CollectionPlan? {
        let grace = options.grace ?? configuration.collection.grace.components.seconds
        let survey = try await survey()
        progress.update {
            $0.report.grace = grace
            $0.report.objects = survey.objects
        }
        let time = CollectionTime(time: now(), uptime: options.uptime())
        let clock = CollectionClock(now: time, latest: survey.latest, last: survey.last, grace: grace)
        let collector = Collector(
            self,
            time: time.time,
            grace: grace,
            isActing: false,
            mayRemove: true,
            progress: progress
        )
        if let problem = clock.problem, !options.acceptsClock {
            collector.refuse("\(problem); if the clock is right now, run `larder gc --accept-clock`")
            return nil
        }
        let passes = Self.passes(objects: survey.objects, size: options.passSize)
        guard let roots = try await collector.gather(passes[0]) else { return nil }
        try await collector.run(passes: passes, first: roots)
        if collector.isRefused || Task.isCancelled { return nil }
        let removed = progress.snapshot.report.removed.objects
        let share = configuration.removalGuard.removals?.part(of: survey.objects) ?? survey.objects * 5 / 100
        let limit = max(100, share)
        let isTooMuch = removed > limit && !options.acceptsRemovals
        if isTooMuch {
            collector.refuse(
                "\(removed) objects of \(survey.objects) at once are more than the \(limit) that one run may remove; "
                    + "accept with `larder gc --accept-removals`"
            )
        }
        return CollectionPlan(time: time, grace: grace, passes: passes, roots: roots, mayRemove: !isTooMuch)
    }

    /// Looks, and then does what was seen, or only marks it when that is too much.
    private func act(_ options: CollectionOptions, _ progress: CollectionProgress) async throws(MirrorError) {
        let plan = try await look(options, progress)
        let failures = progress.snapshot.report.failures
        progress.update { progress in
            let seen = progress.report
            progress.report = CollectionReport()
            progress.report.grace = seen.grace
            progress.report.objects = seen.objects
            if plan == nil { progress.report.failures = failures }
        }
        guard let plan else { return }
        let collector = Collector(
            self,
            time: plan.time.time,
            grace: plan.grace,
            isActing: true,
            mayRemove: plan.mayRemove,
            progress: progress
        )
        try await collector.write { catalog throws(CatalogError) in
            try catalog.put(MetaRow(plan.time.text), under: .lastCollection, in: Tables.meta)
        }
        try await collector.run(passes: plan.passes, first: plan.roots)
        progress.update { $0.report.failures.add(failures) }
        try await collector.onDisk { [self] () throws(FileError) in try removeLeftovers() }
    }

    /// Removes replacements that a crash left on their way.
    ///
    /// The root is also a place of people, so that only what we write there is looked for; all of the slots is ours.
    private func removeLeftovers() throws(FileError) {
        for name in MirrorLeftovers.replaced {
            let path = path.appending(".\(name).new")
            guard let status = try fileSystem.statusIfPresent(path), status.kind != .directory else { continue }
            try fileSystem.remove(path)
        }
        for directory in ["slots/a", "slots/b", "slots/a/simple", "slots/b/simple"] {
            let path = path.pushing(FilePath(directory))
            guard try fileSystem.statusIfPresent(path)?.kind == .directory else { continue }
            for entry in try fileSystem.list(path)
            where entry.name.hasPrefix(".") && entry.name.hasSuffix(".new") && entry.kind != .directory {
                try fileSystem.remove(path.appending(entry.name))
            }
        }
    }

    /// The parts into which a walk is split, so that what has to be kept fits the memory.
    private static func passes(objects: Int, size passSize: Int) -> [ClosedRange<UInt8>] {
        var count = 1
        while count < 256, objects / count > passSize { count *= 2 }
        let size = 256 / count
        return (0..<count).map { UInt8($0 * size)...UInt8($0 * size + size - 1) }
    }

    /// How many objects there are, and the latest time that the mirror knows of something that happened.
    private func survey() async throws(MirrorError) -> (objects: Int, latest: Int64, last: CollectionTime?) {
        try await workers.runWrapping { [catalog] in
            try catalog.read { catalog throws(CatalogError) in
                var latest: Int64 = 0
                var objects = 0
                try catalog.forEach(in: Tables.objects) { _, row throws(CatalogError) in
                    objects += 1
                    latest = max(latest, row.storedAt, row.verifiedAt)
                    return true
                }
                try catalog.forEach(in: Tables.condemned) { _, row throws(CatalogError) in
                    latest = max(latest, row.since)
                    return true
                }
                let sync = try catalog.row(of: .lastSync, in: Tables.meta).flatMap { LastSync(text: $0.text) }
                let last = try catalog.row(of: .lastCollection, in: Tables.meta)
                    .flatMap { CollectionTime(text: $0.text) }
                return (objects, max(latest, sync?.finished ?? 0, last?.time ?? 0), last)
            }
        }
    }
}
