internal import FileIO
internal import Minisign
internal import SystemPackage

/// The signature of what a tree says of itself, in minisign's format, beside it.
///
/// It is made anew from the same bytes and key to the same bytes, so that a tree that is shown again is signed as before.
extension Publisher {
    /// The name of its file in a tree.
    static let signatureName = "generation.json.minisig"

    /// The bytes of a signature of `generation.json`; `nil` where nothing is to be signed.
    private func signature(of bytes: [UInt8], _ generation: Generation) throws(PublicationError) -> [UInt8]? {
        guard let key = try signer.get() else { return nil }
        let comment = "timestamp:\(generation.time)\tfile:generation.json\tgeneration:\(generation.number)"
        do throws(SigningError) {
            return try key.signature(of: bytes, comment: comment).file
        } catch {
            throw .signing("\(error)")
        }
    }

    /// Writes what a tree says of itself, and its signature; not durable.
    func write(_ generation: Generation, in tree: LinkTree, time: Int64) throws(PublicationError) {
        try PublicationError.wrapping {
            let bytes = try generation.encoded()
            try tree.replace("generation.json", with: bytes, time: time)
            if let signature = try signature(of: bytes, generation) {
                try tree.replace(Self.signatureName, with: signature, time: time)
            } else {
                try fileSystem.removeIfPresent(tree.path.appending(Self.signatureName))
            }
        }
    }

    /// What is wrong with the signature of a tree whose `generation.json` is intact; `nil` when it is as it would be made
    /// now.
    func signatureProblem(of generation: Generation, in tree: LinkTree) throws(PublicationError) -> String? {
        try PublicationError.wrapping {
            let expected = try signature(of: try generation.encoded(), generation)
            guard let found = try foundSignature(in: tree) else {
                return expected == nil ? nil : "there is none, and signing-key is set"
            }
            guard let expected else { return "no signing-key is set; the next publication removes it" }
            if found == expected { return nil }
            let made = try? Signature(file: expected)
            guard let signature = try? Signature(file: found) else { return "it is no signature" }
            if signature.keyID != made?.keyID { return "it is of another key than signing-key" }
            return "it is not the one of generation.json"
        }
    }

    /// What is wrong with the signature of a snapshot, which may have been made with another key, or with none.
    func signatureProblem(ofSnapshot generation: Generation, in tree: LinkTree) throws(PublicationError) -> String? {
        guard let key = try signer.get() else { return nil }
        return try PublicationError.wrapping {
            guard let found = try foundSignature(in: tree) else { return nil }
            guard let signature = try? Signature(file: found) else { return "it is no signature" }
            guard signature.keyID == key.publicKey.id else { return nil }
            let isGood = try key.publicKey.accepts(signature, of: try generation.encoded())
            return isGood ? nil : "it is not the one of generation.json"
        }
    }

    private func foundSignature(in tree: LinkTree) throws(FileError) -> [UInt8]? {
        do throws(FileError) {
            return try fileSystem.contents(of: tree.path.appending(Self.signatureName), limit: 1 << 12)
        } catch {
            guard error.isMissing else { throw error }
            return nil
        }
    }
}
