package import Digest

/// What goes with a file, under a digest of its own.
///
/// The raw values are the words for them.
package enum CompanionKind: String, CaseIterable, Sendable {
    /// The metadata of a wheel (PEP 658, PEP 714).
    case sidecar
    /// What attests where the file comes from (PEP 740).
    case provenance

    /// Behind the name of its file, that of the companion.
    package var suffix: String {
        switch self {
        case .sidecar: ".metadata"
        case .provenance: ".provenance"
        }
    }
}

/// How far a companion of a file is here.
///
/// A provenance can have both an object and a problem: the document of before stays while the one that takes its place
/// cannot be had.
package struct Companion: Equatable, Sendable {
    /// The object, once stored and checked: a sidecar is equal to the metadata within the wheel, a provenance speaks of
    /// the file.
    package var object: SHA256Digest?
    /// Why what upstream has is not here; `nil` when it is, when upstream has none, or when nobody wants it.
    package var problem: CompanionProblem?

    /// A companion that is here, one that is not, or by default one of which nothing is known.
    package init(object: SHA256Digest? = nil, problem: CompanionProblem? = nil) {
        self.object = object
        self.problem = problem
    }
}

/// Why upstream's companion of a file is not here.
package enum CompanionProblem: Equatable, Sendable {
    /// It could not be had.
    case missing(reason: String)
    /// It is not the metadata within the wheel, the wheel has none, or the provenance speaks of something else; it is not
    /// asked for again.
    case refused(reason: String)
}

extension CompanionProblem {
    /// What is to be had and was not asked for yet.
    package static let notDownloaded = Self.missing(reason: "not downloaded yet")
}
