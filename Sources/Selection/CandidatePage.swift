internal import Packaging
internal import SimpleIndex

/// The files of a page, their names read: versions and kinds are kept once, however many names say them.
final class CandidatePage: Sendable {
    let project: ProjectName
    let files: [PageFile]
    /// What the name of each file says; `nil` where it cannot be read.
    let readings: [DistributionFilenameReader.Reading?]
    /// What read the names, with the versions and kinds.
    let names: DistributionFilenameReader

    init(_ files: [PageFile], of project: ProjectName) {
        var names = DistributionFilenameReader(of: project)
        self.project = project
        self.files = files
        readings = files.indices.map { try? names.read(files[$0].filename) }
        self.names = names
    }

    /// The files, in their order.
    var candidates: some RandomAccessCollection<Candidate> {
        files.indices.lazy.map { Candidate(page: self, place: $0) }
    }

    /// The version of a reading, empty for none.
    func version(of place: Int?) -> SpelledVersion { place.map { names.versions[$0] } ?? Self.noVersion }

    private static let noVersion = SpelledVersion("")
}
