internal import Bundle
internal import Catalog
internal import Digest
internal import FileIO
internal import Packaging
internal import Publication
internal import Record
internal import Scheduling
internal import SystemPackage

/// What an export is made from, found out under the mirror's lock.
struct ExportSource: Sendable {
    /// What can be carried of what readers see.
    let tree: CarriedTree
    /// What changed since the generation that the other side has, where that is what was asked for.
    let changes: (generation: Generation, projects: [ProjectName: TreeChange.Project])?
    /// The `id` of the mirror.
    let mirror: String
    /// The number of the bundle.
    let sequence: UInt64
}

extension ExportRun {
    /// Plans the export, and writes the records that it carries; the plan is durable then.
    ///
    /// - Parameter fingerprint: What it depends on, in a line.
    /// - Returns: The plan.
    /// - Throws: ``MirrorError``; `locked` while another command changes the mirror.
    func makePlan(_ fingerprint: String) async throws(MirrorError) -> ExportFolder.Plan {
        let lock = try await mirror.lock()
        defer { lock.release() }
        let source = try await source()
        return try await mirror.workers.runWrapping {
            var plan = try ExportPlan(self, source)
            return try plan.make(fingerprint)
        }
    }

    /// What an export would carry; nothing is written, and no lock is taken.
    func foresee() async throws(MirrorError) -> ExportReport {
        let source = try await source()
        return try await mirror.workers.runWrapping {
            var plan = try ExportPlan(self, source)
            return try plan.foresee()
        }
    }

    private func source() async throws(MirrorError) -> ExportSource {
        progress.begin(.planning)
        let publisher = mirror.publisher
        let shown = try await mirror.published { () throws(PublicationError) in try await publisher.shown() }
        guard let shown else { throw .usage("nothing was published yet; run `larder sync`") }
        progress.update { $0.projects.total = shown.rows.count }
        let tree = try await mirror.workers.runWrapping { [mirror] in try CarriedTree(shown, of: mirror) }
        var changes: (generation: Generation, projects: [ProjectName: TreeChange.Project])?
        if case .since(let text) = options.base, let number = UInt64(text) {
            changes = try await mirror.published { () throws(PublicationError) in
                try await publisher.changes(since: number)
            }
            guard tree.left.files == 0 else {
                throw .usage(
                    "files are had on demand here, so that generation \(number) does not tell what the other side has; use "
                        + "--have, or --since with a bundle"
                )
            }
            guard changes != nil else {
                throw .usage("generation \(number) is not kept any more; use --have, or --since with a bundle")
            }
        }
        let (mirror, isDryRun) = (mirror, options.isDryRun)
        let (id, sequence) = try await mirror.workers.runWrapping { () throws -> (String, UInt64) in
            let id = try MirrorFiles(root: mirror.path, fileSystem: mirror.fileSystem).id()
            var state = try MirrorState(root: mirror.path, fileSystem: mirror.fileSystem)
            state.exported += 1
            if !isDryRun { try state.write(root: mirror.path, fileSystem: mirror.fileSystem) }
            return (id, state.exported)
        }
        return ExportSource(
            tree: tree,
            changes: changes,
            mirror: id,
            sequence: sequence
        )
    }
}
