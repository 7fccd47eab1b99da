internal import Bundle
internal import FileIO
internal import ObjectStore
internal import SystemPackage

extension FileSystem {
    /// What a file is, as a bundle says it; all of it is read.
    ///
    /// - Parameter path: The file; a link is not followed.
    /// - Returns: Its size and digest.
    /// - Throws: `ObjectError`, `DigestError`.
    func bundleFile(at path: FilePath) throws -> BundleDescription.File {
        var hasher = try ObjectHasher()
        guard let found = try hasher.hash(path, on: self) else {
            preconditionFailure("nobody ended the hashing of \(path)")
        }
        return BundleDescription.File(size: found.size, sha256: found.digest)
    }
}
