/// Why a document is not the provenance of a file.
package struct ProvenanceError: Error, Equatable, CustomStringConvertible {
    /// The reason in a line, without anything that the document says.
    package let description: String
    /// Whether it is no document at all, as when a server tells people in HTML that it is being mended.
    package let isTransient: Bool

    init(_ description: String, isTransient: Bool = false) {
        self.description = description
        self.isTransient = isTransient
    }
}
