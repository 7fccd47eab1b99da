internal import Packaging
internal import SimpleIndex

/// A file on a page, with what its name says.
struct Candidate {
    let file: PageFile
    let project: ProjectName
    /// What the name says; `nil` where it cannot be read.
    let name: DistributionFilename?
    /// The version, empty where the name has none.
    let version: SpelledVersion
    /// The release that the file belongs to.
    let release: ReleaseKey

    init(_ file: PageFile, of project: ProjectName, memory: inout DecisionMemory) {
        self.file = file
        self.project = project
        name = try? DistributionFilename.parse(file.filename, project: project)
        version = memory.version(name?.version ?? "")
        release = ReleaseKey(version)
    }

    /// When the file was uploaded, in seconds since 1970; `nil` where the index does not say.
    var uploadTime: Int64? { file.uploadTime.flatMap { UploadTime.seconds($0) } }
}
