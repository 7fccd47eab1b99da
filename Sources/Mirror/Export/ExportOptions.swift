package import Bundle
package import SystemPackage

/// What a mirror's export is to be.
package struct ExportOptions: Sendable {
    /// What the other side has already.
    package enum Base: Sendable {
        /// Nothing.
        case nothing
        /// What a bundle or a generation of this mirror led to: the name of a bundle, `last`, or the number of a
        /// generation.
        case since(String)
        /// What an inventory says, which `larder have` made there.
        case inventory(FilePath)
    }

    /// The folder of the bundle: new, empty, or with what is there of this very export.
    package var destination: FilePath
    /// What the other side has already.
    package var base = Base.nothing
    /// The room on each medium.
    package var volumeSize = VolumeSize.unlimited
    /// Secret keys to sign with.
    package var keys: [FilePath] = []
    /// After how many seconds the bundle is not to be imported any more; `nil` for never.
    package var lifetime: Int64?
    /// Whether to tell only what would be done.
    package var isDryRun = false

    /// An export of everything into a folder.
    package init(to destination: FilePath) {
        self.destination = destination
    }
}

/// What came of an export.
package struct ExportReport: Sendable {
    /// What the bundle is; its volumes are only there when it is finished.
    package var bundle: BundleDescription
    /// Projects whose records are carried, and those that are gone since the base.
    package var changed = 0
    package var removed = 0
    /// Objects that are carried, and their bytes.
    package var objects: UInt64 = 0
    package var bytes: UInt64 = 0
    /// Files that readers see and that are not carried, since they are had on demand, and the projects that they are of.
    package var left = (projects: 0, files: 0)
    /// Volumes, and those of them that an earlier run had finished.
    package var volumes = 0
    package var kept = 0
    /// The files of each medium, volumes and their manifests; the first one has the others as well.
    package var media: [[String]] = []
    /// The names of the keys that signed it.
    package var signers: [String] = []
    /// Why it could not be finished: what is damaged or gone.
    package var failures: [Failure] = []
    /// How it ended.
    package var outcome = Outcome.complete
    /// How long it took.
    package var seconds = 0.0
    /// Whether nothing was written.
    package var isDryRun = false

    init(_ plan: ExportFolder.Plan) {
        bundle = plan.bundle
        changed = plan.changed
        removed = plan.removed
        objects = plan.objects
        bytes = plan.bytes
        left = (plan.leftProjects, plan.leftFiles)
        volumes = plan.volumes
    }
}
