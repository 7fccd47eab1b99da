internal import Digest
internal import Packaging
internal import Record
internal import Selection
internal import SimpleIndex

/// A digest that changed for a known filename.
struct ChangedDigest: Equatable, Sendable {
    let filename: String
    let url: String
    let known: String
    let found: String
}

extension FileRecord {
    /// What a page says against the bytes that are known under the name; `nil` when it says nothing against them.
    ///
    /// The digest of what arrived counts as named, so that a page which begins to name digests is held to it. What a page
    /// claimed of bytes that never came holds nobody: upstream may have repaired the claim.
    func change(to file: PageFile) -> ChangedDigest? {
        guard sha256 != nil, !isUnproven else { return nil }
        if let found = file.sha256, let known = sha256 {
            guard found != known else { return nil }
            return ChangedDigest(filename: file.filename, url: file.url, known: known.hex, found: found.hex)
        }
        for (algorithm, known) in hashes.sorted(by: { $0.key < $1.key }) {
            guard let found = file.hashes[algorithm], found != known else { continue }
            return ChangedDigest(
                filename: file.filename,
                url: file.url,
                known: "\(algorithm) \(known)",
                found: "\(algorithm) \(found)"
            )
        }
        return nil
    }

    /// Whether no bytes ever were found to have the digest: it is missing, and never had a place among the packages.
    var isUnproven: Bool {
        guard case .missing = state else { return false }
        return path == nil
    }

    /// When the bytes that a page lists under the name were first seen; `nil` when these may be others.
    ///
    /// A name says nothing of age: other bytes begin to age when they are seen.
    func firstSeen(as file: PageFile) -> Int64? {
        // Of what never came and has no digest, nobody knows which bytes it would have been.
        guard let known = sha256 else { return nil }
        if let found = file.sha256 { return known == found ? firstSeen : nil }
        return isUnproven || change(to: file) != nil ? nil : firstSeen
    }

    /// The file as upstream listed it, with the SHA-256 of what arrived where upstream names none.
    var asKnown: PageFile {
        var file = asSeen
        if let sha256 { file.hashes["sha256"] = sha256.hex }
        return file
    }
}

extension [PageFile] {
    /// The files as they are decided on, by what is known of their bytes.
    ///
    /// Where a changed digest is refused, what is kept is the file of before, whatever the page says of the new one.
    /// Where upstream names no SHA-256, that of what arrived stands for it.
    ///
    /// - Parameters:
    ///   - known: The files of the record so far, by name.
    ///   - acceptsChange: Whether a file may have another digest than before.
    /// - Returns: As many files, in the same order.
    func asKept(by known: [String: FileRecord], acceptsChange: (String) -> Bool) -> [PageFile] {
        map { file in
            guard let old = known[file.filename] else { return file }
            guard old.change(to: file) == nil else { return acceptsChange(file.filename) ? file : old.asKnown }
            guard file.sha256 == nil, let digest = old.sha256, !old.isUnproven else { return file }
            var file = file
            file.hashes["sha256"] = digest.hex
            return file
        }
    }
}

/// What is known of the files of a project, to decide on what a page says of them now.
struct KnownFiles {
    private let byName: [String: FileRecord]

    /// The files of a record; none without one.
    init(_ record: ProjectRecord?) {
        byName = Dictionary(
            (record?.files ?? []).map { ($0.filename, $0) },
            uniquingKeysWith: { first, _ in first }
        )
    }

    /// The files of a page, as ``Swift/Array/asKept(by:acceptsChange:)``.
    func kept(_ files: [PageFile], acceptsChange: (String) -> Bool = { _ in false }) -> [PageFile] {
        files.asKept(by: byName, acceptsChange: acceptsChange)
    }

    /// What a selection makes of files that are ``kept(_:acceptsChange:)``, one decision each.
    func decide(
        _ files: [PageFile],
        of project: ProjectName,
        by selection: FileSelection,
        demands: [Demand],
        now: Int64
    ) -> [FileDecision] {
        selection.decide(files, of: project, demands: demands, now: now) {
            byName[$0.filename]?.firstSeen(as: $0)
        }
    }
}
