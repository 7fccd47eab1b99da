internal import Catalog
internal import Digest
internal import FileIO
internal import ObjectStore
internal import Scheduling
internal import SystemPackage

/// How far names of packages are turned into another kind.
package struct LinkConversion: Sendable {
    /// What they are turned into.
    package let kind: LinkKind
    /// The names that are turned so far.
    package var names = 0
    /// The bytes of copies that were made for that.
    package var bytes: UInt64 = 0
    /// How much was looked at, from 0 to 1.
    package var share = 0.0
    /// Names that could not be turned, and why, in one line each: the first few.
    package var problems: [String] = []
}

/// The kind of the names of packages, which concerns all of them.
extension Publisher {
    /// Turns the names of packages into what the configuration wants, and remembers that.
    ///
    /// The kinds that there may be are noted before and after, so that a run which is cut off goes on. Every name is
    /// replaced by rename, once the bytes of its batch are durable.
    ///
    /// - Parameter tell: Told how far it is; not at all when all names are of their kind.
    /// - Throws: ``PublicationError``; what was turned stays so. `interrupted` when the task is cancelled.
    func adoptLinks(_ tell: @escaping @Sendable (LinkConversion) -> Void) async throws(PublicationError) {
        let known = try await read { catalog throws(CatalogError) in
            LinkKinds(text: try catalog.row(of: .links, in: Tables.meta)?.text)
        }
        let wanted = LinkKinds(links.kind)
        guard known != wanted else { return }
        try await remember(known.turning(into: links.kind))
        let batch = PackageBatch(links)
        let conversion = Locked(LinkConversion(kind: links.kind))
        let interruption = Interruption()
        try await interruption.whenCancelled { () async throws(PublicationError) in
            try await workers.forEach(count: 256) { prefix throws(PublicationError) in
                let (turned, problems) = try PublicationError.wrapping {
                    try links.turn(below: UInt8(prefix), batch, interruption)
                }
                let now = conversion.withLock { conversion in
                    conversion.names += turned
                    conversion.bytes = batch.made.bytes
                    conversion.share += 1 / 256
                    conversion.problems += problems.prefix(max(0, 100 - conversion.problems.count))
                    return conversion
                }
                tell(now)
            }
        }
        try await workers.run { () throws(PublicationError) in
            try PublicationError.wrapping {
                try batch.settle()
                try barrier.synchronize()
            }
        }
        let last = conversion.withLock { conversion in
            conversion.bytes = batch.made.bytes
            return conversion
        }
        tell(last)
        guard last.problems.isEmpty else { return }
        if links.kind == .symbolic {
            try await write { catalog throws(CatalogError) in try catalog.removeAll(in: Tables.packages) }
        }
        try await remember(wanted)
    }

    private func remember(_ kinds: LinkKinds) async throws(PublicationError) {
        try await write { catalog throws(CatalogError) in
            try catalog.put(MetaRow(kinds.text), under: .links, in: Tables.meta)
        }
    }
}

extension PackageLinks {
    /// Turns the names below a directory of the first level into the kind of a batch.
    ///
    /// - Returns: How many were of another kind, and what could not be turned.
    fileprivate func turn(
        below prefix: UInt8,
        _ batch: PackageBatch,
        _ interruption: Interruption
    ) throws -> (turned: Int, problems: [String]) {
        if interruption.isRequested { throw PublicationError.interrupted }
        var turned = 0
        var problems: [String] = []
        for link in try links(below: prefix) {
            if interruption.isRequested { throw PublicationError.interrupted }
            // What leads to no object is no matter of its kind.
            guard let object = link.object, let found = try? state(of: link.filename, at: link.path.text) else {
                continue
            }
            do {
                if try turn(link, object, found, batch) { turned += 1 }
            } catch let error as PublicationError {
                guard case .noObject = error else { throw error }
                problems.append("packages/\(link.path.text)/\(link.filename) stays what it is: \(error)")
            }
        }
        return (turned, problems)
    }

    /// Reads an object before something that is right gives way to it.
    ///
    /// - Throws: ``PublicationError/noObject(_:_:)`` when it has not the bytes that its name says.
    private func checkBytes(of object: SHA256Digest) throws {
        guard let size = try objects.status(of: object)?.size else {
            throw PublicationError.noObject(object, "there is no file")
        }
        var hasher = try ObjectHasher()
        let found: SHA256Digest?
        do throws(ObjectError) {
            found = try objects.rehash(object, expecting: size, with: &hasher)?.digest
        } catch {
            throw PublicationError.noObject(object, "\(error)")
        }
        guard found == object else { throw PublicationError.noObject(object, "its bytes have another digest") }
    }

    private func turn(
        _ link: PackageLink,
        _ object: SHA256Digest,
        _ found: PackageState,
        _ batch: PackageBatch
    ) throws -> Bool {
        let (name, path) = (link.filename, link.path.text)
        switch found {
        case .missing, .other: return false
        case .symbolic:
            if batch.kind == .symbolic { return false }
            try batch.put(name, at: path, object, isNew: false)
        case .file(let status, let row):
            // A copy may be the last good one.
            if row?.isCopy == true, batch.kind != .copy { try checkBytes(of: object) }
            if batch.kind == .symbolic {
                guard try objects.status(of: object) != nil else {
                    throw PublicationError.noObject(object, "there is no file")
                }
                let full = directory.appending(path).appending(name)
                try fileSystem.replaceSymbolicLink(to: Self.target(of: object), at: full)
                return true
            }
            if try kind(of: status, object) == batch.kind {
                if row?.isCopy != (batch.kind == .copy) {
                    try batch.put(name, at: path, object, isNew: false, isInPlace: true)
                }
                return false
            }
            try batch.put(name, at: path, object, isNew: false)
        }
        return true
    }
}
