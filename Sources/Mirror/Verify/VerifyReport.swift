/// What a verification found.
package struct VerifyReport: Sendable {
    /// The most findings that are listed; all are counted.
    package static let findingLimit = 10_000
    /// The most findings of one class that no repair mends, so that they leave room for those that one does.
    package static let hopelessLimit = findingLimit / 4

    /// How long it took.
    package var seconds = 0.0
    /// Whether it was interrupted before its end.
    package var isInterrupted = false
    /// Whether it ended because its time was up, and not because it was done.
    package var isStopped = false
    /// Whether damage of the index kept something from being checked.
    package var isObstructed = false
    /// Objects that were looked at, each once.
    package var checkedObjects = 0
    /// Objects whose bytes were hashed.
    package var hashedObjects = 0
    /// Copies below `packages/` whose bytes were hashed.
    package var hashedCopies = 0
    /// Bytes that were hashed.
    package var checkedBytes: UInt64 = 0
    /// What is not as it should be: the first ``findingLimit``.
    package var findings: [Finding] = []
    /// How much is not as it should be, by class.
    package var found: [Finding.Class: Int] = [:]
    /// How old the checks of the objects are; `nil` when damage of the index keeps that from being known.
    package var coverage: Coverage?

    /// A verification that has not begun.
    package init() {}

    /// How much is not as it should be.
    package var foundCount: Int { found.values.reduce(0, +) }

    /// Adds a finding.
    package mutating func add(_ finding: Finding) {
        found[finding.kind, default: 0] += 1
        guard findings.count < Self.findingLimit else { return }
        if finding.kind.isMendable || found[finding.kind, default: 0] <= Self.hopelessLimit { findings.append(finding) }
    }

    /// Brings the findings in the order of classes and paths.
    mutating func sortFindings() {
        findings.sort {
            ($0.kind.rawValue, $0.path ?? "", $0.detail) < ($1.kind.rawValue, $1.path ?? "", $1.detail)
        }
    }

    /// The exit code: the sum of what the classes of the findings stand for, and 4 when something kept the rest from
    /// being checked.
    package var exitCode: Int32 {
        var left = found
        for finding in findings { left[finding.kind, default: 0] -= 1 }
        let listed = findings.reduce(isObstructed ? 4 : 0) { $0 | $1.exitBit }
        return left.reduce(listed) { $1.value > 0 ? $0 | $1.key.exitBit : $0 }
    }
}

extension VerifyReport {
    /// The report of a verification that could not open the index.
    ///
    /// - Parameters:
    ///   - finding: What is wrong with the index.
    ///   - seconds: How long that took to find out.
    package init(of finding: Finding, seconds: Double) {
        self.init()
        isObstructed = true
        self.seconds = seconds
        add(finding)
    }
}
