import Digest
import Foundation

/// A provenance document (PEP 740) of a file, signed by nobody.
struct Provenance {
    var version = 1
    var publisher: [String: Any]? = ["kind": "GitHub", "repository": "someone/demo", "workflow": "release.yml"]
    var statementType = "https://in-toto.io/Statement/v1"
    var subjects: [[String: Any]]
    var attestations = 1
    var signature: Any = "c2lnbmF0dXJl"
    /// Tells one document from another that says the same.
    var note = "first"

    /// The document of a file.
    init(of file: ScriptedProject.File) throws {
        let digest = try SHA256Digest.hash(file.bytes).hex
        subjects = [["name": file.filename, "digest": ["sha256": digest]]]
    }

    /// The document.
    var bytes: [UInt8] {
        get throws {
            let statement: [String: Any] = [
                "_type": statementType, "subject": subjects, "predicate": NSNull(),
                "predicateType": "https://index.example/attestations/publish/v1",
            ]
            let text = try JSONSerialization.data(withJSONObject: statement, options: [.sortedKeys])
            let attestation: [String: Any] = [
                "version": 1, "verification_material": ["certificate": note, "transparency_entries": []],
                "envelope": ["statement": text.base64EncodedString(), "signature": signature],
            ]
            var bundle: [String: Any] = ["attestations": Array(repeating: attestation, count: attestations)]
            bundle["publisher"] = publisher
            let document: [String: Any] = ["version": version, "attestation_bundles": [bundle]]
            return Array(try JSONSerialization.data(withJSONObject: document, options: [.sortedKeys]))
        }
    }
}
