package import Digest

extension ProjectRecord {
    /// The objects of the files that the record says are here, and of their sidecars: each once, in order.
    ///
    /// While the project is not taken off they are what must be kept, and what the index has to know.
    package var objects: [SHA256Digest] {
        var objects: Set<SHA256Digest> = []
        for file in files where file.isPresent {
            if let digest = file.sha256 { objects.insert(digest) }
            if let sidecar = file.sidecar { objects.insert(sidecar) }
        }
        return objects.sorted()
    }
}
