package import Bundle
package import Minisign
package import Packaging
package import Publication
package import SystemPackage

/// What is to be imported, and whom to believe.
package struct ImportOptions: Sendable {
    /// Folders that hold files of the bundle, or such files; none to go on with what was begun.
    package var sources: [FilePath]
    /// Keys to trust, from now on if the import ends well.
    package var trusted: [VerifyingKey] = []
    /// Whether a bundle without any signature is taken.
    package var allowsUnsigned = false
    /// Whether a bundle of another mirror than before is taken, if it carries everything.
    package var acceptsOtherMirror = false
    /// Whether to tell only what would come and go.
    package var isDryRun = false
    /// Asked for the next medium when volumes are missing, with their names; `nil` gives up at once.
    ///
    /// It returns false to give up.
    package var nextMedium: (@Sendable (_ missing: [String]) async -> Bool)?

    /// An import from some places.
    package init(_ sources: [FilePath]) {
        self.sources = sources
    }
}

/// What became of an import that was to be given up.
package enum ImportEnd: Sendable {
    /// There was none.
    case nothing
    /// It was given up.
    case discarded(BundleDescription)
    /// It was put into place, and is shown by the next publication.
    case settled(BundleDescription)
}

/// What came of an import.
package struct ImportReport: Sendable {
    /// The bundle.
    package var bundle: BundleDescription
    /// The names of the trusted keys that signed it.
    package var signers: [String] = []
    /// Whether the mirror was there already, so that nothing was done.
    package var isKnown = false
    /// Projects that are new or changed, and those that go.
    package var changed: [ProjectName] = []
    package var removed: [ProjectName] = []
    /// How many there are, since not all may be named.
    package var changedCount = 0
    package var removedCount = 0
    /// Objects that came, and their bytes.
    package var objects: UInt64 = 0
    package var bytes: UInt64 = 0
    /// What readers see afterwards; `nil` for a dry run.
    package var generation: Generation?
    /// Whether readers are held by a rollback, and see it only after `larder publish`.
    package var held: UInt64?
    /// What could not be published.
    package var failures: [Failure] = []
    /// How it ended.
    package var outcome = Outcome.complete
    /// How long it took.
    package var seconds = 0.0
    /// Whether nothing was changed.
    package var isDryRun = false

    init(_ bundle: BundleDescription) {
        self.bundle = bundle
    }
}
