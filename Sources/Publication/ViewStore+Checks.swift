internal import FileIO
internal import Gzip
internal import SystemPackage
internal import WebPages

/// A page or document that is not what its record renders to.
package struct ViewProblem: Sendable {
    /// The folder below the document root by which readers come to it.
    package let tree: String
    /// Its file, below the project.
    package let file: String
    /// What is wrong, in one line.
    package let detail: String
}

extension ViewStore {
    /// The files of a view on disk that are not those which it should have.
    ///
    /// - Throws: ``PublicationError`` for a file that cannot be read.
    package func problems(of view: View) throws(PublicationError) -> [ViewProblem] {
        try PublicationError.wrapping {
            var problems: [ViewProblem] = []
            var compressor = try GzipCompressor(level: View.compressionLevel)
            let path = path(of: view.id)
            for file in try view.files(compressor: &compressor) {
                for name in [file.name, file.alias].compactMap({ $0 }) {
                    guard let detail = try problem(of: path.appending(name), expecting: file.bytes) else { continue }
                    let tree = name.hasPrefix(ProjectWebPage.filename) ? "project" : "simple"
                    problems.append(ViewProblem(tree: tree, file: name, detail: detail))
                }
            }
            return problems + (try documentProblems(of: view, compressor: &compressor))
        }
    }

    /// What is wrong with a page; `nil` when it has the bytes that are expected.
    func problem(of path: FilePath, expecting bytes: [UInt8]) throws(FileError) -> String? {
        do throws(FileError) {
            let found = try fileSystem.contents(of: path, limit: bytes.count)
            return found == bytes ? nil : "it has other bytes"
        } catch {
            if error.isMissing { return "it is missing" }
            if error.errno == .fileTooLarge { return "it has other bytes" }
            throw error
        }
    }
}
