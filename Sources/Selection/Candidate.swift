internal import Packaging
internal import SimpleIndex

/// A file on a page, with what its name says.
///
/// Only a place on the page, so that no copies are made of what stands there.
struct Candidate {
    let page: CandidatePage
    /// The place of the file on the page.
    let place: Int

    var project: ProjectName { page.project }
    var file: PageFile { page.files[place] }
    var filename: String { page.files[place].filename }
    /// The digests, by algorithm.
    var hashes: [String: String] { page.files[place].hashes }
    var requiresPython: String? { page.files[place].requiresPython }
    var size: UInt64? { page.files[place].size }
    var isYanked: Bool { page.files[place].yanked != nil }

    /// What the name says; `nil` where it cannot be read.
    var reading: DistributionFilenameReader.Reading? { page.readings[place] }
    /// The kind; `nil` where the name cannot be read.
    var kind: DistributionFilename.Kind? { reading.map { page.names.kinds[$0.kind] } }
    /// The version, empty where the name has none.
    var version: SpelledVersion { page.version(of: reading?.version) }
    /// The release that the file belongs to.
    var release: ReleaseKey { ReleaseKey(version) }

    /// When the file was uploaded, in seconds since 1970; `nil` where the index does not say.
    var uploadTime: Int64? { page.files[place].uploadTime.flatMap { UploadTime.seconds($0) } }
}
