internal import Digest
internal import Record
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
