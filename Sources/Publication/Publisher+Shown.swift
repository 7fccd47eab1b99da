package import Catalog
internal import Digest
internal import Packaging
package import Record
internal import Scheduling
internal import SimpleIndex
internal import SystemPackage

/// What readers see, as records that render to it: what is carried to another mirror.
extension Publisher {
    /// What readers see of every project, in the order of the projects' keys.
    ///
    /// - Returns: The generation that is live, and a row for each project that has a page; `nil` before the first
    ///   publication.
    /// - Throws: ``PublicationError``; `damagedState` when the rows do not come to what the generation says.
    package func shown() async throws(PublicationError) -> (generation: Generation, rows: [PublishedRow])? {
        let found = try await workers.run { () throws(PublicationError) -> (Slot, Generation)? in
            guard let slot = try slots.live(), let live = try self.live() else { return nil }
            return (slot, live)
        }
        guard let (slot, live) = found else { return nil }
        let rows = try await shownRows(in: slot)
        let digest = try await workers.run { () throws(PublicationError) in
            try PublicationError.wrapping {
                var hasher = try TreeHasher()
                for row in rows where row.isListed { hasher.add(row.name, row.content) }
                return try hasher.take()
            }
        }
        guard digest == live.treeDigest else {
            let detail = "the live tree comes to \(digest), and should to \(live.treeDigest); run `larder verify`"
            throw .damagedState(path: slots.path(of: slot), detail: detail)
        }
        return (live, rows)
    }

    /// The record that renders to what readers see of a project, and to nothing else.
    ///
    /// That is the project's own record without what nobody sees of it, or, where readers see something older, one made
    /// from the page. Blocks; run it where that may be.
    ///
    /// - Parameter row: What readers see of it.
    /// - Returns: The record, with the serial of the page.
    /// - Throws: ``PublicationError``; `damagedState` when neither gives what the row says.
    package func shownRecord(_ row: PublishedRow) throws(PublicationError) -> ProjectRecord {
        try PublicationError.wrapping {
            var known: ProjectRecord?
            do throws(RecordStoreError) {
                known = try records.read(row.name)?.record
            } catch {
                // What is damaged is made good by a sync; what readers see does not need it.
                guard case .damaged = error else { throw PublicationError.record(error) }
            }
            let settings = try publishedSettings()
            if let known {
                let shown = known.publishableFiles(onDemand: settings.listsKnownFiles)
                let record = known.reduced(to: Set(shown.map(\.filename)), serial: row.serial)
                if try record.renders(row, settings) { return record }
            }
            let page = try views.page(row.view, of: row.name)
            if let page, let record = ProjectRecord(showing: page, known: known, isListed: row.isListed),
                try record.renders(row, settings)
            {
                return record
            }
            throw PublicationError.damagedState(
                path: views.path(of: row.view),
                detail: "what readers see of \(row.name) can be made from no record; run `larder verify --repair`"
            )
        }
    }
}

extension ProjectRecord {
    /// The record without the files that could be had and that readers do not see.
    fileprivate func reduced(to shown: Set<String>, serial: UInt64) -> ProjectRecord {
        var record = self
        record.files.removeAll { $0.isKept && !shown.contains($0.filename) }
        for index in record.files.indices { record.files[index].withheldUntil = nil }
        record.serial = serial
        return record
    }

    /// Whether it renders to what readers see.
    fileprivate func renders(_ row: PublishedRow, _ settings: ViewSettings) throws(DigestError) -> Bool {
        guard isListed == row.isListed else { return false }
        return try PublishedPage(of: self, settings).contentDigest() == row.content
    }

    /// The record of what a page of ours says; `nil` for a page that is none of ours.
    ///
    /// - Parameters:
    ///   - page: The page.
    ///   - known: What is known of the project otherwise.
    ///   - isListed: Whether the root list names it.
    fileprivate init?(showing page: ProjectPage, known: ProjectRecord?, isListed: Bool) {
        guard let published = PublishedPage(of: page) else { return nil }
        self.init(name: page.name, page: known?.page ?? "", firstSeen: known?.firstSeen ?? 0)
        serial = page.serial
        status = page.status
        versions = page.versions
        if !isListed, status?.marker != .quarantined {
            removal = known?.removal ?? Removal(cause: .upstream, time: known?.firstSeen ?? 0)
        }
        let files = Dictionary(
            (known?.files ?? []).map { ($0.filename, $0) },
            uniquingKeysWith: { first, _ in first }
        )
        for shown in published.files {
            let found = files[shown.filename].flatMap { $0.sha256 == shown.sha256 ? $0 : nil }
            self.files.append(FileRecord(showing: shown, known: found, firstSeen: firstSeen))
        }
        self.files.sort { $0.filename < $1.filename }
    }
}

extension FileRecord {
    /// The record of a file that a page of ours lists.
    fileprivate init(showing file: PublishedFile, known: FileRecord?, firstSeen: Int64) {
        let listed = PageFile(
            filename: file.filename,
            url: known?.url ?? "",
            hashes: known?.hashes ?? ["sha256": file.sha256.hex],
            size: file.size,
            uploadTime: file.uploadTime,
            requiresPython: file.requiresPython,
            yanked: file.yanked,
            coreMetadata: file.sidecar.map { .digest($0) },
            provenance: known?.provenance
        )
        self.init(listed, firstSeen: known?.firstSeen ?? firstSeen)
        sha256 = file.sha256
        isDigestOurs = known?.isDigestOurs ?? false
        isSizeOurs = known?.isSizeOurs ?? false
        path = file.path
        state = known?.state == .known ? .known : .present
        sidecar.object = file.sidecar
        provenanceDocument.object =
            file.packages.first { $0.filename == file.filename + CompanionKind.provenance.suffix }?.object
    }
}
