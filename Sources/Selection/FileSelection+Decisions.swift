package import Packaging
package import SimpleIndex

extension FileSelection {
    /// Decides on every file of a page.
    ///
    /// - Parameters:
    ///   - files: The files.
    ///   - project: The project that they belong to.
    ///   - demands: What asks for the project; a file is kept when one of them asks for it. None stands for everything.
    ///     What one asks for exactly is kept whatever the rules say that concern all files alike.
    ///   - now: The time in seconds since 1970.
    ///   - firstSeen: When a file was first seen, in seconds since 1970.
    /// - Returns: A decision for each file, in the same order.
    package func decide(
        _ files: [PageFile],
        of project: ProjectName,
        demands: [Demand] = [],
        now: Int64,
        firstSeen: (PageFile) -> Int64? = { _ in nil }
    ) -> [FileDecision] {
        let asksForAll = demands.isEmpty || demands.contains(where: \.asksForAll)
        guard !isEverything || !asksForAll else { return Array(repeating: .selected, count: files.count) }
        var memory = DecisionMemory()
        let candidates = files.map { Candidate($0, of: project, memory: &memory) }
        let exclusions = blocks + exclusions
        let exact = demands.filter(\.isExact)
        let isExact = candidates.map { candidate in exact.contains { $0.asksExactly(for: candidate) } }
        var decisions = zip(candidates, isExact).map { candidate, isExact in
            for exclusion in exclusions where !isExact || !exclusion.criterion.isGeneral {
                if let reason = exclusion.reason(for: candidate, memory: &memory) {
                    return FileDecision.excluded(reason: reason, rule: exclusion.rule)
                }
            }
            guard asksForAll || demands.contains(where: { $0.asks(for: candidate) }) else {
                return .excluded(reason: "not asked for", rule: Demand.rule(of: demands))
            }
            return .selected
        }
        let age = minimumAge.flatMap { age in age.exceptions.contains { $0.matches(project) } ? nil : age }
        if let age {
            for index in decisions.indices where decisions[index] == .selected {
                let since = candidates[index].uploadTime ?? firstSeen(files[index]) ?? now
                let (until, overflow) = since.addingReportingOverflow(age.seconds)
                if overflow || until > now {
                    decisions[index] = .withheld(until: overflow ? .max : until, rule: age.rule)
                }
            }
        }
        if latest != nil || projectCap != nil {
            let releases = Release.newestFirst(
                candidates,
                decisions,
                countsPrereleases: latest?.countsPrereleases ?? false
            )
            let before = decisions
            if let latest { keepNewest(latest, releases, &decisions) }
            if let projectCap { cap(projectCap, releases, candidates, &decisions) }
            for index in decisions.indices where isExact[index] { decisions[index] = before[index] }
        }
        return decisions
    }

    /// Why a file must not be shown, whoever wants it; `nil` when it may.
    package func block(_ file: PageFile, of project: ProjectName) -> (reason: String, rule: Rule)? {
        guard !blocks.isEmpty else { return nil }
        var memory = DecisionMemory()
        let candidate = Candidate(file, of: project, memory: &memory)
        for exclusion in blocks {
            if let reason = exclusion.reason(for: candidate, memory: &memory) { return (reason, exclusion.rule) }
        }
        return nil
    }

    /// Whether a file of a project might have to be left out, whoever wants it.
    package func mayBlock(_ project: ProjectName) -> Bool {
        blocks.contains { exclusion in
            switch exclusion.criterion {
            case .releases(let patterns): patterns.contains { $0.projects.matches(project) }
            case .projects(let patterns): patterns.contains { $0.matches(project) }
            default: true
            }
        }
    }

    /// Leaves out all but the newest releases.
    ///
    /// A release that is withheld as a whole is kept beside those that count: clients must find something meanwhile.
    private func keepNewest(_ latest: Latest, _ releases: [Release], _ decisions: inout [FileDecision]) {
        let reason = "not one of the newest \(latest.count) releases"
        var count = 0
        for release in releases {
            if count < latest.count {
                if !release.isWithheld { count += 1 }
                continue
            }
            for index in release.files { decisions[index] = .excluded(reason: reason, rule: latest.rule) }
        }
    }

    /// Leaves out the oldest releases of a project that has too many bytes.
    private func cap(_ cap: Cap, _ releases: [Release], _ candidates: [Candidate], _ decisions: inout [FileDecision]) {
        let reason = "the project's newer releases have \(cap.bytes) bytes already"
        var left = cap.bytes
        for release in releases {
            let kept = release.files.filter { decisions[$0].isWanted }
            let size = kept.reduce(UInt64(0)) { sum, index in
                let (total, overflow) = sum.addingReportingOverflow(candidates[index].file.size ?? 0)
                return overflow ? .max : total
            }
            if size <= left {
                left -= size
            } else {
                // Nothing that is older fits beside what did not.
                left = 0
                for index in kept { decisions[index] = .excluded(reason: reason, rule: cap.rule) }
            }
        }
    }
}
