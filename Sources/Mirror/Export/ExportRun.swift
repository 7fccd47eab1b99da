internal import Bundle
internal import FileIO
internal import Minisign
internal import Publication
internal import Scheduling
internal import SystemPackage

/// One export, in two halves: under the mirror's lock it is planned, and records are written; then, while others may
/// change the mirror again, objects are, which never change.
struct ExportRun: Sendable {
    let mirror: MirrorRoot
    let options: ExportOptions
    let progress: BundleProgress
    let folder: ExportFolder
    let signers: [SigningKey]
    /// The name of the bundle, unless an earlier run gave it one.
    let id = BundleDescription.newID()
    let interruption = Interruption()

    var fileSystem: any FileSystem { mirror.fileSystem }
}

extension MirrorRoot {
    /// Carries what readers see into a bundle.
    ///
    /// An export that is cut off goes on where it was when it is run again with the same options, and carries what readers
    /// saw when it began. It is finished with `bundle.json`, which comes last.
    ///
    /// - Parameters:
    ///   - options: What is carried, and where to.
    ///   - progress: Told how far it is.
    /// - Returns: What was carried; with failures when something that readers see is damaged, and then there is no bundle.
    /// - Throws: ``MirrorError``; `usage` for a folder that holds another bundle, a base that is not known, and a mirror of
    ///   which nothing was published; `locked` while another command changes the mirror; `refused` for an inventory that
    ///   is none.
    package func export(
        _ options: ExportOptions,
        progress: BundleProgress = BundleProgress()
    ) async throws(MirrorError) -> ExportReport {
        let start = ContinuousClock.now
        let run = ExportRun(
            mirror: self,
            options: options,
            progress: progress,
            folder: ExportFolder(path: options.destination, fileSystem: fileSystem),
            signers: try SigningKeyFile.read(options.keys, fileSystem)
        )
        var report = try await run.interruption.whenCancelled { () async throws(MirrorError) in
            if options.isDryRun { return try await run.foresee() }
            try await workers.runWrapping { try run.makeFolder() }
            let folderLock = try FileHandle.locked(directory: run.folder.path, fileSystem)
            defer { withExtendedLifetime(folderLock) {} }
            let fingerprint = try await workers.runWrapping { try run.fingerprint() }
            var plan = try await workers.runWrapping { try run.openFolder(fingerprint) }
            if plan == nil { plan = try await run.makePlan(fingerprint) }
            guard let plan else { throw MirrorError.library("there is no plan") }
            return try await workers.runWrapping { try run.carryOut(plan) }
        }
        report.seconds = (ContinuousClock.now - start).inSeconds
        return report
    }
}

extension ExportRun {
    /// Makes the folder; its name is durable.
    func makeFolder() throws {
        try fileSystem.makeDirectories(folder.path)
        try fileSystem.synchronizeDirectory(folder.path.appending(".."))
    }

    /// What the plan depends on, in a line: the mirror, what is there already, the media, and until when it is good.
    func fingerprint() throws -> String {
        let base =
            switch options.base {
            case .nothing: "everything"
            case .since(let text): "since \(text)"
            case .inventory(let path): "what \(path) lacks, \(try fileSystem.bundleFile(at: path).sha256)"
            }
        let mirror = try MirrorFiles(root: mirror.path, fileSystem: fileSystem).id()
        let lifetime = options.lifetime.map { ", good for \($0) s" } ?? ""
        return "\(base), of mirror \(mirror), volumes of \(options.volumeSize.limit)\(lifetime)"
    }

    /// The plan of an earlier run that was cut off; `nil` when there is none to go on with.
    func openFolder(_ fingerprint: String) throws -> ExportFolder.Plan? {
        guard let plan = try folder.open() else { return nil }
        guard plan.options == fingerprint else {
            throw MirrorError.usage(
                "\(folder.path) holds an export that was begun otherwise (\(plan.options)); choose another folder, or remove "
                    + "what is there"
            )
        }
        return plan
    }
}
