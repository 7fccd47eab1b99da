package import Configuration
internal import Digest
internal import FileIO
package import Packaging
package import Publication
internal import Scheduling
internal import Selection
internal import SystemPackage

/// What came of blocking something, or of lifting blocks.
package struct BlockChange: Sendable {
    /// What was blocked before, or was not, of what was asked for; the rest changed.
    package let unchanged: [Block]
    /// What stays blocked, since something else blocks it too, and what that is.
    package let remaining: [(block: Block, rule: String)]
    /// The projects whose pages changed.
    package let projects: [ProjectName]
    /// The generation that is live afterwards.
    package let generation: Generation
    /// Projects that keep the pages that they had, and why.
    package let failures: [Failure]
    /// Whether the mirror follows another one by bundles, so that no sync brings anything back.
    package let followsBundles: Bool
}

extension MirrorRoot {
    /// Blocks things, and takes them off the pages and out of `packages/` at once, without the network.
    ///
    /// The list is durable before anything else changes, so that a crash leaves what the next command ends.
    ///
    /// - Parameters:
    ///   - things: What to block.
    ///   - reason: What to note beside it.
    /// - Returns: What changed.
    /// - Throws: ``MirrorError``; `locked` while another command changes the mirror: they are listed then, and that command
    ///   or the next one applies it.
    package func block(_ things: [Block], reason: String?) async throws(MirrorError) -> BlockChange {
        try await change(things) { $0.add(things, comment: reason) }
    }

    /// Lifts blocks; what they held off is back with the next sync, or with a bundle that carries what lacks here.
    ///
    /// - Parameter things: What to block no more.
    /// - Returns: What changed.
    /// - Throws: ``MirrorError``; `usage` for what `larder.toml` blocks too, `locked` as ``block(_:reason:)``.
    package func unblock(_ things: [Block]) async throws(MirrorError) -> BlockChange {
        for thing in things {
            guard let stated = configuration.policy.blocking(thing) else { continue }
            let place = "\(MirrorFiles.configurationName)\(stated.line.map { ":\($0)" } ?? "")"
            throw .usage("\(thing) is blocked by '\(stated.value)' at \(place); lift that first")
        }
        return try await change(things) { $0.remove(things) }
    }

    private func change(
        _ things: [Block],
        _ edit: @escaping @Sendable (inout BlockList) -> [Block]
    ) async throws(MirrorError) -> BlockChange {
        try checkSigner()
        let changed = try await editBlocks(edit)
        let lock: MirrorLock
        do throws(MirrorError) {
            lock = try await self.lock()
        } catch {
            guard case .locked = error else { throw error }
            throw .lockedAfterEdit(path, MirrorFiles.blockListName)
        }
        defer { lock.release() }
        let selection = try await newestSelection()
        let (generation, failures, projects) = try await publish(applying: selection, goingOn: false)
        try await renewFrontPage()
        let imported = try await importedBundle()
        return BlockChange(
            unchanged: things.filter { !changed.contains($0) },
            remaining: things.compactMap { thing in
                guard case .projects(let pattern) = thing, let name = pattern.name,
                    case .blocked(let rule) = selection.projects.standing(of: name)
                else { return nil }
                return (thing, "\(rule)")
            },
            projects: projects,
            generation: generation,
            failures: failures,
            followsBundles: imported != nil
        )
    }

    /// Edits the list; durable.
    ///
    /// Not under the lock of whole commands, so that a block is never lost because a sync takes hours.
    private func editBlocks(
        _ edit: @escaping @Sendable (inout BlockList) -> [Block]
    ) async throws(MirrorError) -> [Block] {
        try await workers.runWrapping { [self] () throws -> [Block] in
            let lock = try FileLock.ofCommits(path, fileSystem: fileSystem)
            defer { withExtendedLifetime(lock) {} }
            var blocks = try MirrorFiles(root: path, fileSystem: fileSystem).blocks()
            let changed = edit(&blocks)
            if !changed.isEmpty {
                try fileSystem.replace(path.appending(MirrorFiles.blockListName), with: Array(blocks.text.utf8))
            }
            return changed
        }
    }

    /// What is kept, with what is blocked by now: the list may have changed since the mirror was opened.
    func newestSelection() async throws(MirrorError) -> MirrorSelection {
        try await workers.runWrapping { [self] () throws -> MirrorSelection in
            let newest = try MirrorFiles(root: path, fileSystem: fileSystem).blocks()
            if newest == blocks { return try selection() }
            return try withClosure(try MirrorSelection(configuration, projects, blocking: newest, fileSystem))
        }
    }
}

extension Configuration.Policy {
    /// What blocks the same thing, or a project by a pattern; `nil` when nothing does.
    fileprivate func blocking(_ thing: Block) -> Stated<String>? {
        switch thing {
        case .projects(let pattern):
            let found = blockedProjects.first { stated in
                stated.value == pattern || pattern.name.map(stated.value.matches) ?? false
            }
            return found.map { Stated($0.value.normalized, line: $0.line) }
        case .releases(let pattern):
            return blockedReleases.first { $0.value == pattern }.map { Stated("\($0.value)", line: $0.line) }
        case .digest(let digest):
            return blockedDigests.first { $0.value == digest }.map { Stated("sha256:\(digest)", line: $0.line) }
        }
    }
}
