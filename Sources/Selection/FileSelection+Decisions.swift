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
        let page = CandidatePage(files, of: project)
        let exact = demands.filter(\.isExact)
        let isExact =
            exact.isEmpty
            ? nil : page.candidates.map { candidate in exact.contains { $0.asksExactly(for: candidate) } }
        let exclusions = blocks.concerning(project) + exclusions
        var usual = PageExclusions(exclusions, on: page)
        var forExact =
            isExact == nil ? nil : PageExclusions(exclusions.filter { !$0.criterion.isGeneral }, on: page)
        let age = minimumAge.flatMap { age in age.exceptions.contains { $0.matches(project) } ? nil : age }
        var decisions: [FileDecision] = page.candidates.map { candidate in
            let isExact = isExact?[candidate.place] ?? false
            if let found = isExact ? forExact?.exclusion(of: candidate) : usual.exclusion(of: candidate) {
                return .excluded(reason: found.reason, rule: found.rule)
            }
            guard asksForAll || demands.contains(where: { $0.asks(for: candidate) }) else {
                return .excluded(reason: "not asked for", rule: Demand.rule(of: demands))
            }
            guard let age else { return .selected }
            let since = candidate.uploadTime ?? firstSeen(candidate.file) ?? now
            let (until, overflow) = since.addingReportingOverflow(age.seconds)
            return overflow || until > now ? .withheld(until: overflow ? .max : until, rule: age.rule) : .selected
        }
        if latest != nil || projectCap != nil {
            let releases = Releases(page, decisions)
            let olderThanKept = decisionsOnOlder(releases)
            for candidate in page.candidates where !(isExact?[candidate.place] ?? false) {
                guard decisions[candidate.place].isWanted,
                    let decision = olderThanKept[releases.place(of: candidate)]
                else { continue }
                decisions[candidate.place] = decision
            }
        }
        return decisions
    }

    /// Why a file must not be shown, whoever wants it; `nil` when it may.
    package func block(_ file: PageFile, of project: ProjectName) -> (reason: String, rule: Rule)? {
        let blocks = blocks.concerning(project)
        guard !blocks.isEmpty else { return nil }
        let page = CandidatePage([file], of: project)
        var exclusions = PageExclusions(blocks, on: page)
        return exclusions.exclusion(of: Candidate(page: page, place: 0))
    }

    /// What leaves out releases as a whole: all but the newest, and the oldest of a project that has too many bytes.
    ///
    /// A release that is withheld is kept beside those that count as the newest: clients must find something meanwhile.
    ///
    /// - Parameter releases: The releases of which files are kept.
    /// - Returns: A decision for each release; `nil` where what was decided on its files stays.
    private func decisionsOnOlder(_ releases: Releases) -> [FileDecision?] {
        var decisions = Array(repeating: FileDecision?.none, count: releases.count)
        let old = latest.map { latest in
            FileDecision.excluded(
                reason: "not one of the newest \(latest.count) releases",
                rule: latest.rule
            )
        }
        let large = projectCap.map { cap in
            FileDecision.excluded(
                reason: "the project's newer releases have \(cap.bytes) bytes already",
                rule: cap.rule
            )
        }
        var count = latest?.count ?? .max
        var bytes = projectCap?.bytes ?? .max
        for place in releases.newestFirst(countsPrereleases: latest?.countsPrereleases ?? false) {
            let release = releases[place]
            guard count > 0 else {
                decisions[place] = old
                continue
            }
            if !release.isWithheld { count -= 1 }
            if release.size <= bytes {
                bytes -= release.size
            } else {
                // Nothing that is older fits beside what did not.
                bytes = 0
                decisions[place] = large
            }
        }
        return decisions
    }
}
