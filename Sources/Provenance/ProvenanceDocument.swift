package import Digest
internal import JSON

/// A provenance document of a file (PEP 740): who published it, attested.
///
/// It is kept as it came. What is checked is that it is one, and that all of it speaks of the file; the signatures are for
/// the installers to verify, who alone know whom they trust.
package enum ProvenanceDocument {
    /// The most bytes that a document may have.
    package static let maximumByteCount: UInt64 = 1 << 20
    /// Its media type, as the index API of PyPI has it.
    package static let mediaType = "application/vnd.pypi.integrity.v1+json"

    private static let version: UInt64 = 1
    private static let statementType = "https://in-toto.io/Statement/v1"

    /// Checks that a document is the provenance of a file.
    ///
    /// - Parameters:
    ///   - bytes: The document.
    ///   - filename: The name of the file; case, and which of `-`, `_` and `.` there are, does not count.
    ///   - sha256: The digest of the file.
    /// - Throws: ``ProvenanceError`` with what is wrong with it.
    package static func check(
        _ bytes: [UInt8],
        of filename: String,
        _ sha256: SHA256Digest
    ) throws(ProvenanceError) {
        guard bytes.count <= maximumByteCount else {
            throw ProvenanceError("it has more than \(maximumByteCount) bytes")
        }
        let document = try parse(bytes) { ProvenanceError("it is no JSON: \($0)", isTransient: true) }
        guard try member("version", of: document)?.unsigned == version else {
            throw ProvenanceError("it is not of version \(version)")
        }
        var count = 0
        if let bundles = try member("attestation_bundles", of: document)?.array {
            for bundle in bundles {
                guard try member("publisher", of: bundle)?.kind == .object else {
                    throw ProvenanceError("a bundle names no publisher")
                }
                guard let attestations = try member("attestations", of: bundle)?.array else { continue }
                for attestation in attestations {
                    count += 1
                    try check(attestation, of: filename, sha256)
                }
            }
        }
        guard count > 0 else { throw ProvenanceError("it has no attestation") }
    }

    private static func check(
        _ attestation: JSONValue,
        of filename: String,
        _ sha256: SHA256Digest
    ) throws(ProvenanceError) {
        guard try member("version", of: attestation)?.unsigned == version,
            try member("verification_material", of: attestation)?.kind == .object,
            let envelope = try member("envelope", of: attestation),
            try member("signature", of: envelope)?.kind == .string,
            let text = try member("statement", of: envelope)?.string
        else { throw ProvenanceError("an attestation is not of version \(version), or not signed") }
        guard let bytes = Base64.decode(text, limit: Int(maximumByteCount)) else {
            throw ProvenanceError("a statement is not in base64")
        }
        let statement = try parse(bytes) { ProvenanceError("a statement is no JSON: \($0)") }
        guard try member("_type", of: statement)?.string == statementType else {
            throw ProvenanceError("a statement is not of the type \(statementType)")
        }
        var subjects = try member("subject", of: statement)?.array
        guard let subject = subjects?.next(), subjects?.next() == nil else {
            throw ProvenanceError("a statement has not exactly one subject")
        }
        guard let name = try member("name", of: subject)?.string, spelled(name) == spelled(filename) else {
            throw ProvenanceError("a statement speaks of another file")
        }
        let digests = try member("digest", of: subject)
        guard
            try digests.flatMap({ (digests) throws(ProvenanceError) in try member("sha256", of: digests) })?.string
                == sha256.hex
        else {
            throw ProvenanceError("a statement speaks of other bytes than those of \(filename)")
        }
    }

    /// The member of an object; `nil` when there is none.
    ///
    /// Of two with the same name, readers differ in which counts, and one of them would not be checked.
    private static func member(_ name: String, of value: JSONValue) throws(ProvenanceError) -> JSONValue? {
        var found: JSONValue?
        for member in value.object where member.key == name {
            guard found == nil else { throw ProvenanceError("it has two members of the same name") }
            found = member.value
        }
        return found
    }

    private static func parse(
        _ bytes: [UInt8],
        orThrow wrong: (JSONError) -> ProvenanceError
    ) throws(ProvenanceError) -> JSONValue {
        do throws(JSONError) {
            return try JSONDocument(bytes).root
        } catch {
            throw wrong(error)
        }
    }

    /// A filename normalized as PEP 503 normalizes names.
    private static func spelled(_ name: String) -> [UInt8] {
        var result: [UInt8] = []
        for byte in name.utf8 {
            switch byte {
            case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                if result.last != UInt8(ascii: "-") { result.append(UInt8(ascii: "-")) }
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): result.append(byte | 0x20)
            default: result.append(byte)
            }
        }
        return result
    }
}
