internal import Record
internal import Selection

extension ProjectRecord {
    /// Takes off what a selection blocks: the project, or files of it.
    ///
    /// - Parameters:
    ///   - selection: The selection.
    ///   - time: When, in seconds since 1970.
    /// - Returns: Whether there was anything that was not taken off before.
    @discardableResult
    mutating func takeOff(by selection: MirrorSelection, at time: Int64) -> Bool {
        guard removal == nil else { return false }
        guard selection.projects.blocks(name) else { return block(by: selection.files) }
        removal = Removal(cause: .policy, time: time)
        return true
    }

    /// Has no file of a project that was taken off be kept any more, so that `gc` may take what they were.
    mutating func removeFiles() {
        guard let removal else { return }
        for index in files.indices where files[index].isKept { files[index].state = .removed(at: removal.time) }
    }

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
