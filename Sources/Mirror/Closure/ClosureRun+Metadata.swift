internal import Packaging
internal import Record
internal import Scheduling
internal import Selection
internal import SimpleIndex

/// Asking for what releases need.
extension ClosureRun {
    mutating func askForReleases(_ releases: [ProjectName: [String]]) async throws(MirrorError) {
        let names = releases.keys.sorted()
        for start in stride(from: 0, to: names.count, by: 64) {
            if Task.isCancelled { return }
            let part = names[start..<min(start + 64, names.count)]
            let answers: [(ProjectName, [String: ReleaseRequirements], Bool)]
            do {
                answers = try await withThrowingTaskGroup(
                    of: (ProjectName, [String: ReleaseRequirements], Bool).self
                ) { group in
                    for name in part {
                        let versions = releases[name] ?? []
                        group.addTask { [self] in
                            let (needs, hasFailed) = try await self.needs(of: name, Set(versions))
                            return (name, needs, hasFailed)
                        }
                    }
                    var answers: [(ProjectName, [String: ReleaseRequirements], Bool)] = []
                    for try await answer in group { answers.append(answer) }
                    return answers
                }
            } catch {
                throw MirrorError(wrapping: error)
            }
            for (name, needs, hasFailed) in answers.sorted(by: { $0.0 < $1.0 }) {
                if hasFailed { isIncomplete = true }
                for (version, needed) in needs.sorted(by: { $0.key < $1.key }) {
                    solver.take(needed, of: version, name)
                }
            }
        }
    }

    /// What was found out of some releases of one project.
    private struct Answers: Sendable {
        var needs: [String: ReleaseRequirements] = [:]
        /// What was not known before, by ``RequirementStore/key(of:)``.
        var new: [String: ReleaseRequirements] = [:]
        var hasFailed = false
    }

    /// What releases of one project need, from what is known already, else from upstream.
    private func needs(
        of name: ProjectName,
        _ versions: Set<String>
    ) async throws(MirrorError) -> (needs: [String: ReleaseRequirements], hasFailed: Bool) {
        guard let source = run.source(of: name) else { return ([:], false) }
        let sync = ProjectSync(run: run, source: source, due: .init(name: name))
        let record = try await sync.readBefore().record
        let asked = run.asked.withLock { $0[name] }
        let store = RequirementStore(mirror)
        let (files, sources, known) = try await mirror.workers.runWrapping { [self] in
            var page = record?.pageAsSeen ?? ProjectPage(name: name)
            if case .staged(let path, _) = asked { page = try run.staged(path).page }
            let (files, decisions) = decide(page, record)
            return (files, FileSelection.sources(files, decisions, of: name, versions), store.read(name))
        }
        let fetch = MetadataFetch(run: run, source: source, name: name, record: record)
        let answers = Locked(Answers())
        do {
            try await withThrowingDiscardingTaskGroup { group in
                for version in versions {
                    let files = (sources[version] ?? []).map { files[$0] }
                    if let found = files.lazy.compactMap({ known[RequirementStore.key(of: $0)] }).first {
                        answers.withLock { $0.needs[version] = found }
                        continue
                    }
                    await source.fileBudget.acquire()
                    if group.isCancelled {
                        source.fileBudget.release()
                        break
                    }
                    group.addTask {
                        defer { source.fileBudget.release() }
                        let (needed, file, hasFailed) = try await fetch.requirements(of: files, version)
                        answers.withLock { answers in
                            answers.needs[version] = needed
                            if hasFailed { answers.hasFailed = true }
                            if let file { answers.new[RequirementStore.key(of: file)] = needed }
                        }
                    }
                }
            }
        } catch {
            throw MirrorError(wrapping: error)
        }
        let (found, new) = answers.withLock { ($0, $0.new) }
        if !new.isEmpty, !run.options.isDryRun, !Task.isCancelled {
            let here = Set(files.map { RequirementStore.key(of: $0) })
            let merged = known.filter { here.contains($0.key) }.merging(new) { $1 }
            try await mirror.workers.runWrapping { try store.write(merged, of: name) }
        }
        return (found.needs, found.hasFailed)
    }
}
