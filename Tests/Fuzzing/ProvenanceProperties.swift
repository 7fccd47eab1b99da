import Digest
import Provenance

/// What holds for provenance documents: an input is one of `demo-1.0-py3-none-any.whl`, whose bytes are `demo`.
enum ProvenanceProperties {
    private static let filename = "demo-1.0-py3-none-any.whl"

    static func check(_ document: [UInt8]) throws(PropertyViolation) {
        guard let digest = try? SHA256Digest.hash("demo".utf8), let other = try? SHA256Digest.hash("other".utf8) else {
            throw PropertyViolation(description: "SHA-256 cannot be computed")
        }
        guard try accepts(document, filename, digest) else { return }
        try require(try accepts(document, "Demo_1.0.py3.none.any.WHL", digest), "the spelling of the name counts")
        try require(try !accepts(document, filename, other), "it speaks of other bytes too")
        try require(try !accepts(document, "other-1.0-py3-none-any.whl", digest), "it speaks of another file too")
    }

    private static func accepts(
        _ document: [UInt8],
        _ filename: String,
        _ digest: SHA256Digest
    ) throws(PropertyViolation) -> Bool {
        do throws(ProvenanceError) {
            try ProvenanceDocument.check(document, of: filename, digest)
            return true
        } catch {
            try requirePrintable(error.description)
            return false
        }
    }
}
