internal import Digest
internal import FileIO
internal import ObjectStore
internal import Packaging
internal import SimpleIndex
internal import SystemPackage
internal import WheelMetadata

/// Reads the core metadata of files, for documents.
struct MetadataReader: Sendable {
    private let root: FilePath
    private let fileSystem: any FileSystem

    init(root: FilePath, fileSystem: any FileSystem) {
        self.root = root
        self.fileSystem = fileSystem
    }

    /// The metadata of a file: its sidecar, or METADATA within the wheel.
    ///
    /// No error: a page is published whatever becomes of its documents.
    func metadata(of file: PublishedFile) -> ProjectDocuments.Metadata {
        guard let sidecar = file.sidecar else { return within(path(of: file.sha256), named: file.filename) }
        guard let bytes = try? fileSystem.contents(of: path(of: sidecar), limit: WheelMetadata.defaultLimit),
            (try? SHA256Digest.hash(bytes)) == sidecar
        else { return .unreadable }
        return .found(DistributionDescription(bytes))
    }

    private func within(_ wheel: FilePath, named filename: String) -> ProjectDocuments.Metadata {
        guard let file = try? fileSystem.open(wheel, for: .reading) else { return .unreadable }
        do throws(WheelMetadataError) {
            // A checksum in the wheel vouches for these bytes; hashing the wheel would read all of it.
            return .found(DistributionDescription(try WheelMetadata.read(wheelOn: file.descriptor, filename: filename)))
        } catch {
            if case .failed = error.reason { return .unreadable }
            return .absent
        }
    }

    private func path(of object: SHA256Digest) -> FilePath {
        root.pushing(FilePath("objects/" + ObjectStore.relativePath(of: object)))
    }
}
