package import Digest
internal import JSON

/// A provenance document of a file (PEP 740): who published it, attested.
///
/// It is kept as it came. What is checked is that it is one, and that all of it speaks of the file; the signatures are for
/// the installers to verify, who alone know whom they trust.
package enum ProvenanceDocument {
    /// The most bytes that a document may have.
    package static let maximumByteCount: UInt64 = 4 << 20
    /// Its media type, as the index API of PyPI has it.
    package static let mediaType = "application/vnd.pypi.integrity.v1+json"

    private static let version: UInt64 = 1
    private static let statementType = "https://in-toto.io/Statement/v1"

    /// Checks that a document is the provenance of a file.
    ///
    /// - Parameters:
    ///   - bytes: The document.
    ///   - filename: The name of the file; case and the kind of separators do not count.
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
        let document = try parse(bytes, "it")
        guard document["version"]?.unsigned == version else { throw ProvenanceError("it is not of version \(version)") }
        var count = 0
        for bundle in elements(document["attestation_bundles"]) {
            guard bundle["publisher"]?.kind == .object else { throw ProvenanceError("a bundle names no publisher") }
            for attestation in elements(bundle["attestations"]) {
                count += 1
                try check(attestation, of: filename, sha256)
            }
        }
        guard count > 0 else { throw ProvenanceError("it has no attestation") }
    }

    private static func check(
        _ attestation: JSONValue,
        of filename: String,
        _ sha256: SHA256Digest
    ) throws(ProvenanceError) {
        guard attestation["version"]?.unsigned == version, let envelope = attestation["envelope"],
            envelope["signature"]?.kind == .string, attestation["verification_material"]?.kind == .object,
            let text = envelope["statement"]?.string
        else { throw ProvenanceError("an attestation is not of version \(version), or not signed") }
        guard let bytes = Base64.decode(text, limit: Int(maximumByteCount)) else {
            throw ProvenanceError("a statement is not in base64")
        }
        let statement = try parse(bytes, "a statement")
        guard statement["_type"]?.string == statementType else {
            throw ProvenanceError("a statement is not of the type \(statementType)")
        }
        let subjects = elements(statement["subject"])
        guard let subject = subjects.first, subjects.count == 1 else {
            throw ProvenanceError("a statement has \(subjects.count) subjects and should have one")
        }
        guard let name = subject["name"]?.string, spelled(name) == spelled(filename) else {
            throw ProvenanceError("a statement speaks of another file")
        }
        guard subject["digest"]?["sha256"]?.string == sha256.hex else {
            throw ProvenanceError("a statement speaks of other bytes than those of \(filename)")
        }
    }

    private static func elements(_ value: JSONValue?) -> [JSONValue] { value.map { Array($0.array) } ?? [] }

    private static func parse(_ bytes: [UInt8], _ what: String) throws(ProvenanceError) -> JSONValue {
        do throws(JSONError) {
            return try JSONDocument(bytes).root
        } catch {
            throw ProvenanceError("\(what) is no JSON: \(error)")
        }
    }

    /// A filename as PyPI compares them: lower case, and runs of `-`, `_` and `.` are one.
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
