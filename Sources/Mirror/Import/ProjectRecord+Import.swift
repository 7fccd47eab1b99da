internal import Digest
internal import Packaging
internal import Publication
internal import Record
internal import SimpleIndex

extension ProjectRecord {
    /// Throws where a name or a place in it is none that this mirror would have chosen: what a bundle says becomes no path
    /// by being signed (I8).
    ///
    /// - Throws: ``MirrorError/refused(_:)``.
    func checkNames() throws(MirrorError) {
        for file in files {
            if let violation = FilenameSafety.violation(of: file.filename) {
                throw .refused("the record of \(name) names a file that \(violation)")
            }
            guard let path = file.path else { continue }
            guard PackagePath(url: "packages/\(path)/name", filename: "name")?.text == path else {
                throw .refused("the record of \(name) has \(file.filename) at no place below packages/")
            }
        }
        let sizes = files.compactMap(\.size)
        guard sizes.allSatisfy({ $0 < 1 << 40 }), sizes.count < 1 << 20, serial ?? 0 < 1 << 62 else {
            throw .refused("the record of \(name) has numbers that no file and no index has")
        }
        guard Set(files.map(\.filename)).count == files.count else {
            throw .refused("the record of \(name) names a file twice")
        }
    }
}
