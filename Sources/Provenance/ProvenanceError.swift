/// Why a document is not the provenance of a file.
package struct ProvenanceError: Error, Equatable, CustomStringConvertible {
    /// The reason in a line, without anything that the document says.
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}
