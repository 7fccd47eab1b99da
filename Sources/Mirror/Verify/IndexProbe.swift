internal import Catalog
package import FileIO
package import SystemPackage

/// Whether the index can be used at all, for those who cannot open it without risk.
///
/// LMDB trusts its file: a damaged page can end the process that reads it (`abort`, SIGBUS, SIGSEGV). So what works on
/// the index runs in a process of its own, and when that dies, another one that does nothing but read the index tells
/// whether the index was why.
package enum IndexProbe {
    /// What is wrong with an index that must not be opened, since opening would make a new one in its place.
    ///
    /// - Parameters:
    ///   - root: The mirror's root.
    ///   - fileSystem: What holds it.
    /// - Returns: The finding; `nil` when the index is there, or when there is nothing yet that it could know.
    /// - Throws: ``MirrorError`` when the disk fails.
    package static func lostIndex(
        at root: FilePath,
        fileSystem: any FileSystem = POSIXFileSystem()
    ) throws(MirrorError) -> Finding? {
        do throws(FileError) {
            guard try fileSystem.exists(root.appending("records")) else { return nil }
            let place = IndexPlace(root: root, fileSystem: fileSystem)
            guard try place.isLost() else { return nil }
            let isThere = try fileSystem.exists(place.directory.appending("data.mdb"))
            let problem = isThere ? "the index is empty" : "there is no index"
            return Finding(
                .indexCorrupt,
                path: "index/data.mdb",
                detail: "\(problem), though there are records; \(Finding.rebuildAdvice)"
            )
        } catch {
            throw .file(error)
        }
    }

    /// What is wrong when reading the index ended a process.
    ///
    /// - Parameters:
    ///   - root: The mirror's root, of an index that this process never opened.
    ///   - cause: How the process ended, in words.
    ///   - fileSystem: What holds it.
    /// - Returns: The finding: that the disk cannot read the file, or that the file is damaged.
    package static func finding(
        at root: FilePath,
        after cause: String,
        fileSystem: any FileSystem = POSIXFileSystem()
    ) -> Finding {
        let path = root.appending("index/data.mdb")
        do throws(FileError) {
            let file = try fileSystem.open(path, for: .reading)
            var buffer = [UInt8](repeating: 0, count: 1 << 20)
            while try fileSystem.read(into: &buffer, from: file) > 0 {}
        } catch {
            return Finding(.ioError, path: "index/data.mdb", detail: "\(error)")
        }
        let detail = "reading the index ended the program (\(cause)); \(Finding.rebuildAdvice)"
        return Finding(.indexCorrupt, path: "index/data.mdb", detail: detail)
    }
}

extension MirrorRoot {
    /// Reads every row of the index and the list of its free pages, and begins a change of it, which is given up.
    ///
    /// - Returns: Whether all that went well; a process that dies of it tells as much.
    package func probeIndex() -> Bool {
        do throws(CatalogError) {
            try probe(Tables.projects)
            try probe(Tables.objects)
            try probe(Tables.references)
            try probe(Tables.published)
            try probe(Tables.unpublished)
            try probe(Tables.pending)
            try probe(Tables.views)
            try probe(Tables.meta)
            try catalog.read { catalog throws(CatalogError) in try catalog.checkFreePages() }
            try probeWriting()
            return true
        } catch {
            return !error.isOfIndex
        }
    }

    private func probe<Key: Hashable, Value>(_ table: Table<Key, Value>) throws(CatalogError) {
        var last: Key?
        repeat {
            let start = last
            last = try catalog.read { catalog throws(CatalogError) in
                try catalog.survey(table, after: start, limit: Verifier.batchSize).last
            }
        } while last != nil
    }

    /// A change needs the list of free pages, which nobody reads otherwise.
    private func probeWriting() throws(CatalogError) {
        let givingUp = CatalogError.refused(operation: "probe", detail: "given up")
        do throws(CatalogError) {
            try catalog.write { catalog throws(CatalogError) in
                try catalog.put(MetaRow("0"), under: .lastFindings, in: Tables.meta)
                throw givingUp
            }
        } catch {
            if case .refused("probe", _) = error { return }
            throw error
        }
    }
}

extension VerifyReport {
    /// The report of a verification that could not open the index.
    ///
    /// - Parameters:
    ///   - finding: What is wrong with the index.
    ///   - seconds: How long that took to find out.
    package init(of finding: Finding, seconds: Double) {
        self.init()
        isObstructed = true
        self.seconds = seconds
        add(finding)
    }
}

extension MirrorError {
    /// What is wrong with the index, when that is why a mirror cannot be opened.
    package var indexFinding: Finding? {
        switch self {
        case .catalog(let error): error.isOfIndex ? .unreadableIndex(error) : nil
        case .indexLost:
            Finding(.indexCorrupt, path: "index/data.mdb", detail: "it is no index; \(Finding.rebuildAdvice)")
        default: nil
        }
    }
}
