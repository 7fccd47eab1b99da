internal import Catalog
internal import FileIO
internal import Gzip
internal import JSON
internal import SimpleIndex
internal import SystemPackage

/// The documents of PyPI's JSON API within a view: `json`, and `<version>/json`.
extension ViewStore {
    /// Calls `body` with the files of the documents of a view, one document in memory at a time.
    ///
    /// Only the project's document has a compressed twin: those of releases are short and seldom asked for.
    ///
    /// - Parameters:
    ///   - view: The view.
    ///   - compressor: What makes the compressed twin.
    ///   - body: Gets the path below the view, the bytes, and what became of the metadata.
    /// - Throws: `GzipError`, and what `body` throws.
    func forEachDocument(
        of view: View,
        compressor: inout GzipCompressor,
        _ body: (_ path: String, _ bytes: [UInt8], _ metadata: ProjectDocuments.Metadata?) throws -> Void
    ) throws {
        guard let documents = view.documents else { return }
        func metadata(of file: PublishedFile) -> ProjectDocuments.Metadata {
            view.readsOnlySidecars && file.sidecar == nil ? .absent : self.metadata.metadata(of: file)
        }
        try documents.forEach(metadata: metadata(of:)) { document in
            try body(document.path, document.bytes, document.metadata)
            guard document.path == "json", document.bytes.count >= View.smallestCompressedPage else { return }
            try body("json.gz", try compressor.compress(document.bytes), document.metadata)
        }
    }

    /// Writes the documents of a view; not durable.
    ///
    /// - Parameters:
    ///   - view: The view, whose directory exists.
    ///   - time: The time of modification, in seconds since 1970.
    ///   - replacing: Whether something may have their names.
    ///   - compressor: What makes the compressed twin.
    /// - Returns: The names in the view's directory that they need, and the documents whose metadata cannot be read now.
    /// - Throws: `FileError`, `GzipError`.
    func writeDocuments(
        of view: View,
        time: Int64,
        replacing: Bool,
        compressor: inout GzipCompressor
    ) throws -> (names: [String], poor: [String]) {
        let path = path(of: view.id)
        var names: [String] = []
        var poor: [String] = []
        try forEachDocument(of: view, compressor: &compressor) { relative, bytes, metadata in
            if case .unreadable = metadata, relative.hasSuffix("json") { poor.append(relative) }
            let parts = relative.split(separator: "/").map(String.init)
            guard let name = parts.first, let last = parts.last else { return }
            names.append(name)
            let folder = parts.count > 1 ? path.appending(name) : path
            if parts.count > 1 { try makeFolder(folder, replacing: replacing) }
            try put(bytes, at: folder.appending(last), time: time, replacing: replacing)
        }
        return (names, poor)
    }

    /// How the documents of a view were published, by what the project's document says; `nil` without one.
    func documentSettings(of id: ViewID) -> DocumentSettings? {
        guard let bytes = try? fileSystem.contents(of: path(of: id).appending("json"), limit: 1 << 30),
            let url = try? JSONDocument(bytes).root["urls"]?.array.first(where: { _ in true })?["url"]?.string
        else { return nil }
        // packages/ab/cd/<60 hex>/<filename>
        let parts = url.split(separator: "/", omittingEmptySubsequences: false).dropLast(5)
        let root = parts.map { $0 + "/" }.joined()
        return DocumentSettings(baseURL: root.hasPrefix("../") ? nil : root)
    }

    private func makeFolder(_ path: FilePath, replacing: Bool) throws(FileError) {
        if replacing, let found = try fileSystem.statusIfPresent(path) {
            if found.kind == .directory { return }
            try fileSystem.remove(path)
        }
        try fileSystem.makeDirectory(path)
    }

    /// Gives all files of a view one time.
    func setTime(_ time: Int64, of directory: FilePath) throws(FileError) {
        for entry in try fileSystem.list(directory) {
            let path = directory.appending(entry.name)
            if entry.kind == .directory {
                try setTime(time, of: path)
            } else {
                try fileSystem.setModificationTime(time, of: path)
            }
        }
    }

    /// The documents of a view on disk that are not those which it should have.
    ///
    /// One whose metadata is not found now is not compared: what is wrong then is the metadata's object, if anything.
    ///
    /// - Throws: `FileError`, `GzipError`.
    func documentProblems(of view: View, compressor: inout GzipCompressor) throws -> [ViewProblem] {
        let path = path(of: view.id)
        var problems: [ViewProblem] = []
        try forEachDocument(of: view, compressor: &compressor) { relative, bytes, metadata in
            let file = path.pushing(FilePath(relative))
            let detail: String?
            switch metadata {
            case nil, .found: detail = try problem(of: file, expecting: bytes)
            case .absent, .unreadable:
                detail = try fileSystem.statusIfPresent(file) == nil ? "it is missing" : nil
            }
            if let detail { problems.append(ViewProblem(tree: "pypi", file: relative, detail: detail)) }
        }
        return problems
    }
}
