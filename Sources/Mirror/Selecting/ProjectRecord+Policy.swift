internal import Digest
internal import Packaging
internal import Record
internal import Selection
internal import SimpleIndex

extension ProjectRecord {
    /// Leaves out the files that a selection blocks, whatever upstream says of them; their objects stay until gc.
    ///
    /// - Returns: Whether there were any that were not left out before.
    @discardableResult
    mutating func block(by selection: FileSelection) -> Bool {
        guard !selection.blocks.isEmpty else { return false }
        var hasBlocked = false
        for index in files.indices {
            if case .excluded = files[index].state { continue }
            guard let (reason, _) = selection.block(files[index].asKnown, of: name) else { continue }
            files[index].state = .excluded(rule: reason)
            files[index].sidecarProblem = nil
            hasBlocked = true
        }
        return hasBlocked
    }
}

extension FileRecord {
    /// The file as upstream listed it, with the SHA-256 of what arrived where upstream names none.
    fileprivate var asKnown: PageFile {
        var file = asSeen
        if let sha256 { file.hashes["sha256"] = sha256.hex }
        return file
    }
}
