internal import Bundle
internal import Catalog
internal import Configuration
internal import Digest
internal import FileIO
internal import Minisign
internal import ObjectStore
internal import Packaging
internal import Publication
internal import Scheduling
internal import SystemPackage

/// A bundle whose description is believed.
struct AdmittedBundle: Sendable {
    let bundle: BundleDescription
    /// The bytes of `bundle.json`.
    let bytes: [UInt8]
    /// The names of the trusted keys that signed it.
    let signers: [String]
    let standing: Standing

    /// What became of it so far.
    enum Standing: Sendable {
        /// The mirror is there already.
        case known
        /// Its import was begun.
        case begun
        /// Nothing; its list of projects lies there, at which nobody looked yet.
        case new(FilePath)
    }
}

extension ImportRun {
    /// Looks at what a bundle says of itself, before anything else of it is read.
    ///
    /// - Throws: ``MirrorError/refused(_:)`` for one that is not taken.
    func admit() throws -> AdmittedBundle {
        let state = try MirrorState(root: mirror.path, fileSystem: fileSystem)
        var begun = try stage.bundle()
        // A crash left it, after all of it had its place.
        if let id = begun?.description.id, id == state.imported?.bundle {
            if !options.isDryRun { try stage.discard() }
            begun = nil
        }
        guard let path = try descriptionFile() else {
            guard let begun else {
                throw MirrorError.refused("there is no \(BundleFiles.description) in \(places)")
            }
            // Its signatures were checked when it was begun; what the mirror is may have changed.
            try check(begun.description, after: state.imported)
            return AdmittedBundle(bundle: begun.description, bytes: begun.bytes, signers: [], standing: .begun)
        }
        let bytes = try contents(of: path, limit: BundleDescription.byteLimit)
        let bundle: BundleDescription
        do throws(BundleError) {
            bundle = try BundleDescription(bytes)
        } catch {
            throw MirrorError.refused("\(path): \(error)")
        }
        let signers = try trust().check(bundle, bytes, try signatures(beside: path))
        let isKnown = state.imported?.bundle == bundle.id
        if !isKnown { try check(bundle, after: state.imported) }
        if let begun, begun.bytes != bytes {
            let other = begun.description.id == bundle.id ? ", with another \(BundleFiles.description)," : ""
            throw MirrorError.refused(
                "the import of bundle \(begun.description.id) was begun\(other) and is not finished; go on with it, or give "
                    + "it up with `larder import --discard`"
            )
        }
        return AdmittedBundle(
            bundle: bundle,
            bytes: bytes,
            signers: signers,
            standing: isKnown ? .known : begun == nil ? .new(try listFile()) : .begun
        )
    }

    /// The one list of projects.
    private func listFile() throws -> FilePath {
        guard let found = try sources.file(BundleFiles.list) else {
            throw MirrorError.refused("there is no \(BundleFiles.list) in \(places)")
        }
        return found
    }

    /// Whether what is given is this bundle, or the rest of one that has no description.
    func isGiven(_ bundle: BundleDescription) throws -> Bool {
        guard let path = try descriptionFile() else { return true }
        return try contents(of: path, limit: BundleDescription.byteLimit) == bundle.bytes
    }

    /// Where files are looked for, for people.
    var places: String {
        options.sources.isEmpty ? "what was given" : options.sources.map(\.string).joined(separator: ", ")
    }

    /// The one `bundle.json`; `nil` when there is none.
    ///
    /// Each medium may have a copy of it, but not of another one.
    private func descriptionFile() throws -> FilePath? {
        let found = try sources.files { $0 == BundleFiles.description }
        guard let first = found.first else { return nil }
        let bytes = try contents(of: first.path, limit: BundleDescription.byteLimit)
        for other in found.dropFirst() {
            guard try contents(of: other.path, limit: BundleDescription.byteLimit) == bytes else {
                throw MirrorError.refused(
                    "\(first.path) and \(other.path) are of different bundles; import one at a time"
                )
            }
        }
        return first.path
    }

    private func signatures(beside path: FilePath) throws -> [(path: FilePath, bytes: [UInt8])] {
        let folder = path.removingLastComponent()
        let beside = BundleSources(places: [folder.isEmpty ? "." : folder], fileSystem: fileSystem)
        return try beside.files(where: BundleFiles.isSignature).map { found in
            (found.path, try contents(of: found.path, limit: 1 << 16))
        }
    }

    /// The bytes of a small file of a bundle.
    private func contents(of path: FilePath, limit: Int) throws -> [UInt8] {
        do throws(FileError) {
            return try fileSystem.contents(of: path, limit: limit)
        } catch {
            guard error.errno == .fileTooLarge else { throw error }
            throw MirrorError.refused("\(path) is longer than any such file")
        }
    }

    private func trust() throws -> BundleTrust {
        let remembered = try TrustedKeys(root: mirror.path, fileSystem: fileSystem).read()
        let airGap = mirror.configuration.airGap
        return BundleTrust(
            keys: try options.trusted + airGap.signers.map { try $0.key(fileSystem) } + remembered,
            threshold: airGap.threshold,
            allowsUnsigned: options.allowsUnsigned && airGap.threshold == 1
        )
    }

    /// Whether a bundle is of the mirror that this one follows, later than the last one, and leads on from it.
    private func check(_ bundle: BundleDescription, after last: ImportedBundle?) throws {
        if let expires = bundle.expires, expires < mirror.now() {
            throw MirrorError.refused(
                "bundle \(bundle.id) was good until \(Timestamp.text(expires)); have a new one made"
            )
        }
        guard let last else {
            if let base = bundle.base {
                throw MirrorError.refused(
                    "bundle \(bundle.id) leads on from \(base.words), and nothing was imported here; import that first, or a "
                        + "bundle that carries everything"
                )
            }
            return try checkIsEmpty()
        }
        guard bundle.mirror == last.mirror || options.acceptsOtherMirror && bundle.base == nil else {
            let way = bundle.base == nil ? "; --accept-other-mirror has it follow the other one" : ""
            throw MirrorError.refused(
                "bundle \(bundle.id) is of mirror \(bundle.mirror), and this one follows \(last.mirror)\(way)"
            )
        }
        guard bundle.mirror == last.mirror else { return }
        guard bundle.sequence > last.sequence else {
            throw MirrorError.refused(
                "bundle \(bundle.id) has number \(bundle.sequence), and number \(last.sequence) is imported already "
                    + "(\(last.bundle)); older ones are not taken"
            )
        }
        guard let base = bundle.base else { return }
        let state = last.state
        guard base.isMet(by: state) else {
            throw MirrorError.refused(
                "bundle \(bundle.id) leads on from \(base.words), and this mirror is at \(state.words); import what is "
                    + "between them first"
            )
        }
    }

    /// A mirror that has projects of its own would lose them.
    private func checkIsEmpty() throws {
        let count = try mirror.catalog.read { catalog throws(CatalogError) in
            var count = 0
            try catalog.forEach(in: Tables.projects) { _, row throws(CatalogError) in
                // What is blocked and never was here has a record that says so.
                if row.record != nil, row.state != .removed || row.files.present > 0 { count += 1 }
                return true
            }
            return count
        }
        guard count == 0 else {
            throw MirrorError.refused(
                "this mirror has \(count) projects of its own upstream, which a bundle would take off; import into a new one"
            )
        }
    }
}
