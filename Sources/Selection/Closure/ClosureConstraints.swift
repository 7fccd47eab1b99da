package import Packaging
package import Requirements

/// The constraints of a requirement file (`-c` of pip): they hold for all that its requirements need.
package struct ClosureConstraints: Hashable, Sendable {
    /// The constraints.
    package let stated: [StatedRequirement]

    /// Some constraints; `nil` when there are none.
    package init?(_ stated: [StatedRequirement]) {
        guard !stated.isEmpty else { return nil }
        self.stated = stated
    }

    /// What holds in an environment, by project; a marker without meaning counts as one that holds.
    package func specifiers(in target: TargetEnvironment) -> [ProjectName: VersionSpecifiers] {
        let holding = stated.map(\.requirement).filter { (try? $0.marker?.evaluate(in: target.markers)) ?? true }
        return Dictionary(grouping: holding, by: \.name).mapValues {
            VersionSpecifiers($0.flatMap(\.specifiers.clauses))
        }
    }

    /// A text that differs for constraints that differ.
    var fingerprint: String { stated.map { "\($0.requirement) \($0.digests)" }.joined(separator: "; ") }
}
