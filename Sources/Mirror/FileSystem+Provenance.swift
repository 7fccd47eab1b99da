internal import Digest
internal import FileIO
internal import Provenance
internal import SystemPackage

extension FileSystem {
    /// Reads a document and checks that it is the provenance of a file.
    ///
    /// - Parameters:
    ///   - path: Where the document lies.
    ///   - filename: The name of the file.
    ///   - sha256: The digest of the file.
    /// - Throws: `FileError` when it cannot be read, `fileTooLarge` for one that no mirror takes; `ProvenanceError` with
    ///   what is wrong with it.
    func checkProvenance(at path: FilePath, of filename: String, _ sha256: SHA256Digest) throws {
        let bytes = try contents(of: path, limit: Int(ProvenanceDocument.maximumByteCount))
        try ProvenanceDocument.check(bytes, of: filename, sha256)
    }
}
