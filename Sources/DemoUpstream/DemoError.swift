package import Digest
package import FileIO
package import SystemPackage

/// What keeps an upstream from being made or changed.
package enum DemoError: Error, Equatable, CustomStringConvertible {
    /// The directory already holds something, which is not touched.
    case notEmpty(FilePath)
    /// The name is not one that a project can have (PEP 508).
    case invalidName(String)
    /// A file of this name is there already, and files never change.
    case fileExists(String)
    /// The upstream has no such project.
    case unknownProject(String)
    /// The upstream has no such release.
    case unknownRelease(String, version: String)
    /// libarchive could not write an archive; with its words.
    case archive(String)
    /// A call on a file failed.
    case file(FileError)
    /// A digest could not be computed.
    case digest(DigestError)

    package var description: String {
        switch self {
        case .notEmpty(let path): "\(path) is not empty, and nothing in it was touched; name a directory that is new"
        case .invalidName(let name): "\(name) is not the name of a project: letters and digits, with -, _ and . inside"
        case .fileExists(let filename): "\(filename) is in the upstream already; release another version"
        case .unknownProject(let name): "the upstream has no project \(name)"
        case .unknownRelease(let name, let version): "the upstream has no release \(version) of \(name)"
        case .archive(let detail): "libarchive cannot write an archive: \(detail)"
        case .file(let error): "\(error)"
        case .digest(let error): "\(error)"
        }
    }
}
