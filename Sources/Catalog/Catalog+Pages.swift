package import FileIO
package import SystemPackage

extension Catalog {
    /// Looks whether every page of the index is what LMDB writes: what LMDB itself never asks.
    ///
    /// Values are not looked at; their rows have checksums. Others may write meanwhile: what is walked is one state of
    /// the index, whose pages stay as they are until the walk has ended. Needs a bit of memory for each page.
    ///
    /// - Parameter proceeds: Told how many pages were walked, and how many there are at most; false ends the walk.
    /// - Throws: ``CatalogError``: `damaged`, with the first page that is not, or what the disk refuses.
    package func checkPages(
        _ proceeds: @escaping (_ done: UInt64, _ total: UInt64) -> Bool = { _, _ in true }
    ) throws(CatalogError) {
        // The head of a state is overwritten by the next transaction but one: whoever writes must be met between two.
        for attempt in 1...Self.mostAttempts {
            let isLastAttempt = attempt == Self.mostAttempts
            let isDone = try environment.holdingPages { transaction throws(CatalogError) in
                try checkPages(of: transaction, isLastAttempt: isLastAttempt, proceeds)
            }
            if isDone { return }
        }
    }

    /// Walks the state of a transaction whose pages stay as they are meanwhile.
    ///
    /// - Returns: Whether the head of the file was that of the state, and not written meanwhile.
    private func checkPages(
        of transaction: UInt64,
        isLastAttempt: Bool,
        _ proceeds: @escaping (UInt64, UInt64) -> Bool
    ) throws(CatalogError) -> Bool {
        let environment = environment
        let source: PageSource = { offset, count throws(CatalogError) in
            try environment.bytes(at: offset, count: count)
        }
        let found = Result { () throws(CatalogError) in try MetaPage.page(of: transaction, in: source) }
        // The next transaction but one, which overwrites the head, begins only when the next one is shown. So nothing
        // of what was read is to be believed when this one is the newest no more, be it whole or damaged.
        guard try environment.newestTransaction() == transaction || isLastAttempt else { return false }
        let head = try found.get()
        var walk = try PageWalk(head, mapSize: Environment.mapSize, source: source) { proceeds($0, head.lastPage + 1) }
        try walk.run()
        return true
    }

    /// How often the head of the file is read, at most, until nobody wrote it meanwhile.
    private static let mostAttempts = 1_000

    /// Looks whether every page of an index is what LMDB writes, without opening it.
    ///
    /// - Parameters:
    ///   - file: The path of a `data.mdb` that nobody changes meanwhile.
    ///   - fileSystem: What holds it.
    /// - Throws: ``CatalogError``, as ``checkPages(_:)`` does.
    package static func checkPages(of file: FilePath, fileSystem: any FileSystem) throws(CatalogError) {
        let handle: FileHandle
        do throws(FileError) {
            handle = try fileSystem.open(file, for: .reading)
        } catch {
            throw .file(error)
        }
        let source: PageSource = { offset, count throws(CatalogError) in
            do throws(FileError) {
                return try fileSystem.bytes(of: handle, at: Int64(clamping: offset), count: count)
            } catch {
                throw .file(error)
            }
        }
        var walk = try PageWalk(try .newer(in: source), mapSize: Environment.mapSize, source: source) { _ in true }
        try walk.run()
    }
}

extension FileSystem {
    /// Bytes of a file from an offset on, fewer than asked for at its end.
    fileprivate func bytes(
        of file: borrowing FileHandle,
        at offset: Int64,
        count: Int
    ) throws(FileError) -> [UInt8] {
        try seek(file, to: offset)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        var part = [UInt8](repeating: 0, count: count)
        while bytes.count < count {
            let received = try read(into: &part, from: file)
            if received == 0 { break }
            bytes += part.prefix(min(received, count - bytes.count))
        }
        return bytes
    }
}
