internal import Record
internal import Selection

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
            files[index].forgetProblems()
            hasBlocked = true
        }
        return hasBlocked
    }
}
