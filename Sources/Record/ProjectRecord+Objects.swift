package import Digest

extension ProjectRecord {
    /// The objects of the files that the record says are here, and of what goes with its files: each once, in order.
    ///
    /// While the project is not taken off they are what must be kept, and what the index has to know.
    package var objects: [SHA256Digest] {
        var objects: Set<SHA256Digest> = []
        for file in files { objects.formUnion(file.heldObjects) }
        return objects.sorted()
    }
}
