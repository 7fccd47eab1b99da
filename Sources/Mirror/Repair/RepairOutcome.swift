package import Configuration
package import SystemPackage

/// What a repair made of a finding, by the names that reports use.
package enum RepairOutcome: String, Sendable {
    /// It is as it should be.
    case repaired
    /// The right bytes could not be had: the file is off the pages and answers 404, its bytes are in quarantine.
    case withdrawn
    /// It is as it was found.
    case left
}

/// Where good bytes may be had, beside the upstream and before it.
package enum RepairSource: Sendable {
    /// Another mirror's root, whose objects are copied.
    case root(FilePath)
    /// The simple index of another mirror.
    case index(IndexURL)
}

/// How a repair goes about its work.
package struct RepairOptions: Sendable {
    /// Where good bytes may be had, before the upstream is asked.
    package var source: RepairSource?
    /// Whether only to look and to tell.
    package var isDryRun = false

    /// A repair from the upstream.
    package init() {}
}

/// What a repair did.
package struct RepairReport: Sendable {
    /// The findings with what became of each; those that turned out to be none are left out.
    package var findings: [Finding] = []
    /// Whether it was stopped before its end.
    package var isInterrupted = false
    /// What stopped it before its end; what was done before is told all the same.
    package var failure: MirrorError?
    /// The number of the generation that is live, when the repair published.
    package var generation: UInt64?

    /// A repair that has not begun.
    package init() {}

    /// Enters what stopped the repair.
    mutating func stop(_ error: MirrorError) {
        failure = error
        for index in findings.indices where findings[index].isLeft {
            findings[index].repair = [findings[index].repair, "the repair was stopped: \(error)"].compactMap { $0 }
                .joined(separator: "; ")
        }
    }
}

extension Finding {
    /// What the finding adds to the exit code: 8 when it was repaired, 1 when it was withdrawn, else what its class does.
    package var exitBit: Int32 {
        switch outcome {
        case .repaired: 8
        case .withdrawn: 1
        case .left, nil: kind.exitBit
        }
    }

    /// Whether the mirror is not yet as it should be.
    package var isLeft: Bool { outcome != .repaired }
}

extension VerifyReport {
    /// Puts findings in the place of the listed ones; what is listed no more turned out to be none.
    package mutating func replaceFindings(_ findings: [Finding]) {
        for finding in self.findings { found[finding.kind, default: 0] -= 1 }
        for finding in findings { found[finding.kind, default: 0] += 1 }
        found = found.filter { $0.value > 0 }
        self.findings = findings
    }

    /// How many findings were repaired.
    package var repaired: Int { findings.count { $0.outcome == .repaired } }

    /// Whether anything is left that is not as it should be.
    package var hasDamage: Bool { findings.contains(where: \.isLeft) }
}
