internal import Configuration
package import FileIO
package import Minisign
internal import Publication
package import SystemPackage

/// A secret key on disk, and the public one beside it.
package enum SigningKeyFile {
    /// Makes a key pair: the secret key in a file that only its owner may read, the public one in a file whose name has
    /// `.pub` behind; durable.
    ///
    /// - Parameters:
    ///   - path: Where the secret key is to be.
    ///   - fileSystem: What holds it.
    /// - Returns: The public key.
    /// - Throws: ``MirrorError``; `usage` where one of the two files is there already, neither of which is changed.
    package static func make(
        at path: FilePath,
        fileSystem: any FileSystem = POSIXFileSystem()
    ) throws(MirrorError) -> VerifyingKey {
        let publicPath = FilePath(path.string + ".pub")
        do {
            for path in [path, publicPath] where try fileSystem.exists(path) {
                throw MirrorError.usage("\(path) is there already; keys are never overwritten")
            }
            let key = try SigningKey()
            try fileSystem.write(try key.pem(), toNewFile: path, permissions: [.ownerReadWrite], durably: true)
            do {
                try fileSystem.write(
                    Array(key.publicKey.file.utf8),
                    toNewFile: publicPath,
                    permissions: [.ownerReadWrite, .groupRead, .otherRead],
                    durably: true
                )
            } catch {
                // Of no use without the public one, and in the way of the next try.
                try? fileSystem.removeIfPresent(path)
                try? fileSystem.removeIfPresent(publicPath)
                throw error
            }
            let folder = path.removingLastComponent()
            try fileSystem.synchronizeDirectory(folder.isEmpty ? "." : folder)
            return key.publicKey
        } catch let error as SigningError {
            throw .library("\(error)")
        } catch {
            throw MirrorError(wrapping: error)
        }
    }

    /// Reads secret keys.
    ///
    /// - Throws: ``MirrorError``; `usage` for a file that is none, or is not there.
    static func read(_ paths: [FilePath], _ fileSystem: any FileSystem) throws(MirrorError) -> [SigningKey] {
        var keys: [SigningKey] = []
        for path in paths {
            do {
                keys.append(try SigningKey(pem: try fileSystem.contents(of: path, limit: 1 << 16)))
            } catch {
                throw .usage(error is FileError ? "\(error)" : "\(path): \(error)")
            }
        }
        return keys
    }

    /// The key that a configuration names; `nil` for none.
    static func read(_ publication: Configuration.Publication) -> Result<SigningKey?, PublicationError> {
        Result { () throws(PublicationError) in
            do {
                return try publication.signingKeyText().map { try SigningKey(pem: Array($0.utf8)) }
            } catch {
                let file = publication.signingKey?.string ?? ""
                throw .signing(error is SigningError ? "\(file): \(error)" : "\(error)")
            }
        }
    }
}
