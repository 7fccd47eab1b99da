package import Packaging

/// What a release needs, as its metadata says.
package struct ReleaseRequirements: Hashable, Sendable {
    /// The requirements (PEP 508), in their order.
    package var requires: [String]
    /// What stands for a requirement and is none.
    package var unreadable: [String]
    /// `Requires-Python`; `nil` when nothing is said.
    package var python: String?
    /// Why the requirements cannot be known; `nil` when they are.
    package var unknown: String?

    /// What a release needs.
    package init(requires: [String], unreadable: [String] = [], python: String? = nil, unknown: String? = nil) {
        self.requires = requires
        self.unreadable = unreadable
        self.python = python
        self.unknown = unknown
    }

    /// What metadata says.
    ///
    /// - Parameters:
    ///   - metadata: Of a wheel, or of an sdist.
    ///   - isOfSdist: Whether building may change it, so that only what PEP 643 calls static counts.
    package init(_ metadata: DistributionMetadata, isOfSdist: Bool) {
        requires = metadata.requirements.map(\.description)
        unreadable = metadata.problems.compactMap { problem in
            if case .requirement(let text, _) = problem { text } else { nil }
        }
        python = metadata.requiresPython
        if isOfSdist, !metadata.hasStaticDependencies {
            unknown = "its sdist does not say them without being built (PEP 643)"
        } else if let problem = metadata.problems.first(where: { $0.hidesRequirements }) {
            unknown = "\(problem)"
        }
    }
}

extension DistributionMetadata.Problem {
    /// Whether requirements are missing because of it, and nobody knows which.
    fileprivate var hidesRequirements: Bool {
        switch self {
        case .notText(let field), .tooMany(let field): field == "requires-dist"
        case .repeated, .requirement: false
        }
    }
}
