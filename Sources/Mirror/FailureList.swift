internal import Packaging

/// What a command that reads the whole mirror could not do: all of it is counted, and the first of it listed.
package struct FailureList: Sendable {
    /// The most failures that are listed.
    package static let limit = 10_000

    /// The first failures, at most ``limit``.
    package private(set) var listed: [Failure] = []
    /// How many there are.
    package private(set) var count = 0

    /// No failures.
    package init() {}

    /// Whether nothing failed.
    package var isEmpty: Bool { count == 0 }

    /// Adds a failure.
    mutating func add(_ failure: Failure) {
        count += 1
        if listed.count < Self.limit { listed.append(failure) }
    }

    /// Adds other failures.
    mutating func add(_ others: FailureList) {
        count += others.count
        listed += others.listed.prefix(Self.limit - listed.count)
    }

    /// Brings those that are listed in the order of projects, files and reasons.
    mutating func sort() {
        listed.sort {
            ($0.project?.normalized ?? "", $0.file ?? "", $0.reason)
                < ($1.project?.normalized ?? "", $1.file ?? "", $1.reason)
        }
    }
}
