internal import Packaging
internal import SimpleIndex

/// Exclusions, asked about the files of one page.
///
/// Most exclusions look at something that many files share: their project, their version, their kind. These judge once for
/// all files that share it, and what they found is remembered; only the others are asked about every file.
struct PageExclusions {
    /// That an exclusion leaves something out, and why.
    private struct Verdict {
        /// The place of the exclusion: the first one that leaves a file out is told.
        let place: Int
        let reason: String
    }

    /// What says where a file can be used.
    private struct Use: Hashable {
        let kind: Int?
        let requiresPython: String?
    }

    private let exclusions: [Exclusion]
    /// The places of the exclusions that look at a subject, in their order.
    private let places: [Exclusion.Subject: [Int]]
    /// The places of those that are asked about every file.
    private let ofFiles: [Int]
    private let lookAtUses: Bool
    private var memory = DecisionMemory()
    /// What is remembered of each subject: nothing is there for what was not asked yet, `nil` for what stays.
    private var ofProject: Verdict??
    private var ofVersions: [Verdict??]
    private var ofKinds: [Verdict??]
    private var ofUses: [Use: Verdict?] = [:]

    init(_ exclusions: [Exclusion], on page: CandidatePage) {
        self.exclusions = exclusions
        places = Dictionary(grouping: exclusions.indices) { exclusions[$0].criterion.subject }
        ofFiles = places[.file] ?? []
        lookAtUses = places[.use] != nil
        // One more for names that cannot be read.
        ofVersions = Array(repeating: nil, count: page.names.versions.count + 1)
        ofKinds = Array(repeating: nil, count: page.names.kinds.count + 1)
    }

    /// The first exclusion that leaves out a file of the page, and why.
    mutating func exclusion(of candidate: Candidate) -> (reason: String, rule: Rule)? {
        guard !exclusions.isEmpty else { return nil }
        var first = sharedVerdict(on: candidate)
        for place in ofFiles where place < first?.place ?? .max {
            if let reason = exclusions[place].reason(for: candidate, memory: &memory) {
                first = Verdict(place: place, reason: reason)
            }
        }
        return first.map { ($0.reason, exclusions[$0.place].rule) }
    }

    /// The first of the exclusions that look at what files share.
    private mutating func sharedVerdict(on candidate: Candidate) -> Verdict? {
        let reading = candidate.reading
        let (version, kind) = (reading.map { $0.version + 1 } ?? 0, reading.map { $0.kind + 1 } ?? 0)
        if ofProject == nil { ofProject = .some(verdict(of: .project, on: candidate)) }
        if ofVersions[version] == nil { ofVersions[version] = .some(verdict(of: .version, on: candidate)) }
        if ofKinds[kind] == nil { ofKinds[kind] = .some(verdict(of: .kind, on: candidate)) }
        let first = Self.first(ofProject ?? nil, Self.first(ofVersions[version] ?? nil, ofKinds[kind] ?? nil))
        return lookAtUses ? Self.first(first, verdictOnUse(of: candidate)) : first
    }

    private mutating func verdictOnUse(of candidate: Candidate) -> Verdict? {
        let use = Use(kind: candidate.reading?.kind, requiresPython: candidate.requiresPython)
        if let known = ofUses[use] { return known }
        let verdict = verdict(of: .use, on: candidate)
        ofUses[use] = .some(verdict)
        return verdict
    }

    private mutating func verdict(of subject: Exclusion.Subject, on candidate: Candidate) -> Verdict? {
        for place in places[subject] ?? [] {
            if let reason = exclusions[place].reason(for: candidate, memory: &memory) {
                return Verdict(place: place, reason: reason)
            }
        }
        return nil
    }

    private static func first(_ one: Verdict?, _ other: Verdict?) -> Verdict? {
        guard let one, let other else { return one ?? other }
        return one.place < other.place ? one : other
    }
}
