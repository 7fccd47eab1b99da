internal import Catalog
internal import Configuration
internal import Digest
internal import Packaging
internal import Record
internal import Selection
internal import SimpleIndex

extension MirrorRoot {
    /// Where a project stands, in a word and in a line.
    func standing(
        of name: ProjectName,
        _ row: ProjectRow?,
        _ record: ProjectRecord?,
        _ selection: ProjectSelection
    ) -> (state: String, reason: String) {
        let standing = selection.standing(of: name)
        let word = row.map { Self.word(for: $0.state) } ?? "unknown"
        let lacks = selection.closure?.lacks[name] ?? []
        switch standing {
        case .blocked(let rule):
            let isShown = row?.state == .active
            return ("blocked", "blocked by \(rule)" + (isShown ? "; the next sync or publish takes it off" : ""))
        case .excluded(let rule, let asked):
            let after = row?.state == .active ? "; the next sync takes it off" : ""
            return ("excluded", "asked for by \(Self.list(asked)), and excluded by \(rule)" + after)
        case .unselected where row?.state != .active && !lacks.isEmpty:
            let before = row?.state == .removed ? removal(record) + "; " : ""
            return ("unmet", before + "needed, and cannot be had: " + lacks.joined(separator: "; "))
        case .unselected: return (word, unselected(name, row, record))
        case .selected(let rules):
            let needed = lacks.isEmpty ? "" : "; also needed, and not to be had: " + lacks.joined(separator: "; ")
            return (word, selected(by: rules, row, record) + needed)
        }
    }

    private func unselected(_ name: ProjectName, _ row: ProjectRow?, _ record: ProjectRecord?) -> String {
        guard let row else { return "never heard of, and not selected; `larder add \(name)` selects it" }
        switch row.state {
        case .unseen: return "not selected, and never had"
        case .active: return "here, and not selected any more; the next sync takes it off"
        case .removed: return removal(record)
        }
    }

    private func selected(by rules: [Rule], _ row: ProjectRow?, _ record: ProjectRecord?) -> String {
        let asked = "asked for by \(Self.list(rules))"
        guard let row else { return "\(asked), and not had yet; run `larder sync`" }
        switch row.state {
        case .unseen:
            let failure = row.lastFailure.map { ": \($0)" } ?? ""
            return "\(asked); the last sync could not get its page, the next one tries again\(failure)"
        case .removed: return "\(asked); \(removal(record))"
        case .active:
            var line = "here, serial \(row.serial.map { String($0) } ?? "none"), \(row.files.present) files, \(asked)"
            if let time = row.nextRelease {
                line += "; \(row.files.withheld) of them withheld, the first until \(Day(seconds: time))"
            }
            if row.isIncomplete {
                line += "; something of it failed, the next sync tries again"
                if let failure = row.lastFailure { line += ": \(failure)" }
            }
            return line
        }
    }

    private func removal(_ record: ProjectRecord?) -> String {
        guard let removal = record?.removal else { return "taken off" }
        let day = Day(seconds: removal.time)
        return switch removal.cause {
        case .upstream: "upstream had no page of it any more on \(day)"
        case .selection: "not selected any more since \(day)"
        case .policy: "blocked since \(day), and not any more"
        }
    }

    private static func list(_ rules: [Rule]) -> String {
        rules.prefix(3).map(\.description).joined(separator: ", ") + (rules.count > 3 ? " and others" : "")
    }

    /// Why the files of a project are here or are not, by the record and by the selection as it is now.
    func explanations(of record: ProjectRecord, _ selection: MirrorSelection) -> [FileExplanation] {
        let known = KnownFiles(record)
        let files = known.kept(record.pageAsSeen.files)
        let decisions = known.decide(
            files,
            of: record.name,
            by: selection.files,
            demands: selection.projects.demands(of: record.name),
            now: now()
        )
        let byName = Dictionary(
            zip(files.map(\.filename), decisions),
            uniquingKeysWith: { first, _ in first }
        )
        let entry = selection.projects.closure?.entries[record.name]
        return record.files.map { file in
            let needed = file.isPresent ? entry?.reason(of: file.filename, record.name) : nil
            return explanation(of: file, byName[file.filename], needed: needed)
        }
    }

    private func explanation(of file: FileRecord, _ decision: FileDecision?, needed: String?) -> FileExplanation {
        var (state, reason) = words(for: file)
        if let needed { reason += "; \(needed)" }
        switch (file.state, decision) {
        case (.excluded, .excluded(let now, let rule)): reason = "excluded: \(now), by \(rule)"
        case (.excluded, .selected), (.excluded, .withheld): reason += "; wanted now, the next sync gets it"
        case (.present, .excluded(let now, let rule)), (.known, .excluded(let now, let rule)),
            (.missing, .excluded(let now, let rule)):
            reason += "; excluded now: \(now), by \(rule); the next sync takes it off"
        default: break
        }
        for kind in CompanionKind.allCases {
            switch file[kind].problem {
            case .missing(let problem): reason += "; its \(kind.rawValue) is missing: \(problem)"
            case .refused(let problem): reason += "; its \(kind.rawValue) is left out: \(problem)"
            case nil: break
            }
        }
        return FileExplanation(
            filename: file.filename,
            state: state,
            reason: reason,
            size: file.size,
            sha256: file.sha256?.hex,
            rule: decision?.rule?.description,
            until: file.isKept ? file.withheldUntil.map { Day(seconds: $0).description } : nil
        )
    }

    private func words(for file: FileRecord) -> (state: String, reason: String) {
        switch file.state {
        case .present:
            if let until = file.withheldUntil {
                return ("withheld", "here, and withheld until \(Day(seconds: until)): it is younger than it has to be")
            }
            return (
                "present",
                file.isDigestOurs
                    ? "here; upstream names no SHA-256, the digest is that of what arrived"
                    : "here, as upstream's digest says"
            )
        case .known:
            if let until = file.withheldUntil {
                return ("withheld", "known, and withheld until \(Day(seconds: until)): it is younger than it has to be")
            }
            return (
                "known",
                configuration.selection.files.areServedOnDemand
                    ? "had when somebody asks for it" : "only its metadata was asked for; the next sync gets it"
            )
        case .missing(let reason): return ("missing", "selected and not here: \(reason)")
        case .excluded(let reason): return ("excluded", "excluded: \(reason)")
        case .removed(let time): return ("removed", "upstream did not list it any more on \(Day(seconds: time))")
        }
    }
}
