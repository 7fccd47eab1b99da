internal import Bundle
internal import Configuration
internal import Digest
internal import FileIO
internal import Minisign
internal import Packaging
internal import SystemPackage

/// Whose signatures count, and how many of them are needed.
struct BundleTrust: Sendable {
    /// The keys, each with where it is known from.
    let keys: [VerifyingKey]
    /// How many of them have to have signed.
    let threshold: Int
    /// Whether a bundle without any signature is taken.
    let allowsUnsigned: Bool

    /// Checks the signatures of a bundle.
    ///
    /// - Parameters:
    ///   - bundle: What it says.
    ///   - bytes: The bytes that say it.
    ///   - signatures: The files with signatures, and what they hold.
    /// - Returns: The names of the keys that signed it.
    /// - Throws: ``MirrorError/refused(_:)``.
    func check(
        _ bundle: BundleDescription,
        _ bytes: [UInt8],
        _ signatures: [(path: FilePath, bytes: [UInt8])]
    ) throws -> [String] {
        guard !signatures.isEmpty else {
            guard allowsUnsigned else {
                throw MirrorError.refused(
                    "the bundle is not signed; have it signed where it is made (`larder export --sign KEY`), or take it as it "
                        + "is with --allow-unsigned"
                )
            }
            return []
        }
        var signers: Set<String> = []
        var strangers: [String] = []
        for (path, file) in signatures {
            let signature: Signature
            do throws(SigningError) {
                signature = try Signature(file: file)
            } catch {
                throw MirrorError.refused("\(path): \(error)")
            }
            guard let key = keys.first(where: { $0.id == signature.keyID }) else {
                strangers.append(Array(signature.keyID.reversed()).hex.uppercased())
                continue
            }
            guard try key.accepts(signature, of: bytes) else {
                throw MirrorError.refused(
                    "\(path) is no signature of bundle.json by key \(key.name): one of the two was changed"
                )
            }
            try checkComment(signature.comment, bundle, path)
            signers.insert(key.name)
        }
        guard signers.count >= threshold else {
            throw MirrorError.refused(reason(signers, strangers))
        }
        return signers.sorted()
    }

    /// A comment of ours says of which bundle the signature is; other signers' say what they like.
    private func checkComment(_ comment: String, _ bundle: BundleDescription, _ path: FilePath) throws {
        let prefix = "larder bundle "
        guard comment.hasPrefix(prefix) else { return }
        let expected = "\(prefix)\(bundle.id) sequence \(bundle.sequence) time \(Timestamp.text(bundle.created))"
        guard comment == expected else {
            throw MirrorError.refused("\(path) says '\(comment.printable)', and should say '\(expected)'")
        }
    }

    private func reason(_ signers: Set<String>, _ strangers: [String]) -> String {
        let names = strangers.sorted().joined(separator: ", ")
        guard threshold > 1 else {
            return """
                it is signed by a key that is not trusted (\(names)); compare that with the name of the key of those who made \
                it, and trust it with --trust KEY.pub
                """
        }
        let others = strangers.isEmpty ? "" : "; not trusted: \(names)"
        return "\(threshold) trusted keys have to have signed it, and \(signers.count) did\(others)"
    }
}

/// The keys that imports were told to trust: `trusted-keys.txt`, a key in minisign's format on each line.
struct TrustedKeys: Sendable {
    private let path: FilePath
    private let fileSystem: any FileSystem

    /// The keys below a mirror's root.
    init(root: FilePath, fileSystem: any FileSystem) {
        path = root.appending("trusted-keys.txt")
        self.fileSystem = fileSystem
    }

    /// The keys.
    ///
    /// - Throws: `FileError`; ``MirrorError/damaged(_:_:)`` for lines that are none.
    func read() throws -> [VerifyingKey] {
        let bytes: [UInt8]
        do throws(FileError) {
            bytes = try fileSystem.contents(of: path, limit: 1 << 20)
        } catch  where error.isMissing {
            return []
        }
        return try Self.keys(in: String(decoding: bytes, as: UTF8.self), path)
    }

    /// Adds keys; durable.
    func add(_ keys: [VerifyingKey]) throws {
        let known = try read()
        let new = keys.filter { !known.contains($0) }
        guard !new.isEmpty else { return }
        let lines = ["# Keys whose bundles `larder import` takes; a line each."] + (known + new).map(\.line)
        try fileSystem.replace(path, with: Array((lines.joined(separator: "\n") + "\n").utf8))
    }

    private static func keys(in text: String, _ path: FilePath) throws -> [VerifyingKey] {
        var keys: [VerifyingKey] = []
        for line in text.split(whereSeparator: \.isNewline) where !line.hasPrefix("#") {
            do throws(SigningError) {
                keys.append(try VerifyingKey(String(line)))
            } catch {
                throw MirrorError.damaged(path, "a line of it is no key: \(error)")
            }
        }
        return keys
    }
}

extension Configuration.AirGap.Signer {
    /// The key.
    ///
    /// - Throws: ``MirrorError/usage(_:)`` for a text that is neither a key nor a file with one.
    func key(_ fileSystem: any FileSystem) throws(MirrorError) -> VerifyingKey {
        if let key = try? VerifyingKey(text) { return key }
        do {
            let bytes = try fileSystem.contents(of: file, limit: 1 << 16)
            return try VerifyingKey(String(decoding: bytes, as: UTF8.self))
        } catch {
            throw .usage("'signers' in [airgap] holds '\(text)', which is no key and no file with one: \(error)")
        }
    }
}
