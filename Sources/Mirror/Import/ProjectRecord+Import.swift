internal import Bundle
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
        guard hasPlausibleNumbers else {
            throw .refused("the record of \(name) has numbers that no file and no index has")
        }
        guard Set(files.map(\.filename)).count == files.count else {
            throw .refused("the record of \(name) names a file twice")
        }
    }

    /// Whether nothing that is reckoned with its numbers can leave 64 bits.
    private var hasPlausibleNumbers: Bool {
        var times = [firstSeen, removal?.time].compactMap { $0 }
        for file in files {
            times += [file.firstSeen, file.withheldUntil].compactMap { $0 }
            if case .removed(let time) = file.state { times.append(time) }
        }
        let sizes = files.compactMap(\.size)
        return times.allSatisfy(BundleBounds.times.contains) && sizes.allSatisfy { $0 < 1 << 40 }
            && sizes.count < 1 << 20 && serial ?? 0 <= BundleBounds.count
    }
}
