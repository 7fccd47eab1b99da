internal import Catalog
package import FileIO
internal import Scheduling
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
        let damage = damagedPage(in: path, fileSystem).map { ": \($0)" } ?? ""
        let detail = "reading the index ended the program (\(cause))\(damage); \(Finding.rebuildAdvice)"
        return Finding(.indexCorrupt, path: "index/data.mdb", detail: detail)
    }

    /// The first page of an index that is not what it should be; `nil` when that cannot be told.
    ///
    /// A hint: a sync may be writing to the file.
    private static func damagedPage(in path: FilePath, _ fileSystem: any FileSystem) -> String? {
        do throws(CatalogError) {
            try Catalog.checkPages(of: path, fileSystem: fileSystem)
        } catch {
            if case .damaged(let page, let problem) = error { return "\(page): \(problem)" }
        }
        return nil
    }
}

extension MirrorRoot {
    /// Reads every page and row of the index, and commits a change that changes nothing.
    ///
    /// - Returns: Whether all that went well; a process that dies of it tells as much.
    /// - Throws: ``MirrorError`` of the disk, which says nothing of the index.
    package func probeIndex() async throws(MirrorError) -> Bool {
        do throws(CatalogError) {
            try await workers.run { [self] () throws(CatalogError) in
                try catalog.checkPages()
                for table in Tables.names.indices { try probe(table) }
                try probeWriting()
            }
            return true
        } catch {
            guard error.isOfIndex else { throw .catalog(error) }
            return false
        }
    }

    private func probe(_ table: Int) throws(CatalogError) {
        var last: [UInt8]?
        repeat {
            let start = last
            last = try catalog.read { catalog throws(CatalogError) in
                try catalog.readRows(ofTableAt: table, after: start, limit: Verifier.batchSize)
            }
        } while last != nil
    }

    /// A change needs the list of free pages, and its commit writes that list anew, as nothing else does.
    private func probeWriting() throws(CatalogError) {
        guard !catalog.isReadOnly else { return }
        try catalog.write { catalog throws(CatalogError) in
            let row = try catalog.reader.row(of: .lastFindings, in: Tables.meta)
            try catalog.put(row ?? MetaRow("0"), under: .lastFindings, in: Tables.meta)
            if row == nil { try catalog.remove(.lastFindings, in: Tables.meta) }
        }
    }
}
