internal import FileIO
internal import SystemPackage

/// The directories below which an upstream's files may lie.
///
/// Published trees consist of symbolic links, so links are followed; but wherever they lead, the file must lie below
/// one of the directories, whose own links are resolved too. This keeps a tree that somebody else made from showing us
/// other files of this machine.
struct FileRoots: Sendable {
    /// The directories.
    let roots: [FilePath]
    /// Where they are.
    let fileSystem: any FileSystem

    /// The file that a URL names, without links.
    func resolve(_ url: TransferURL) throws(TransferError.Code) -> FilePath {
        guard let text = url.filePath else { throw .invalidURL }
        let path = FilePath(text).lexicallyNormalized()
        guard path.isAbsolute else { throw .invalidURL }
        guard roots.contains(where: { path.starts(with: $0.lexicallyNormalized()) }) else { throw .outsideFileRoots }
        let file = try withoutLinks(path)
        for root in roots where file.starts(with: try withoutLinks(root.lexicallyNormalized())) { return file }
        throw .outsideFileRoots
    }

    private func withoutLinks(_ path: FilePath) throws(TransferError.Code) -> FilePath {
        var rest = Array(path.components.reversed())
        var resolved = FilePath("/")
        var links = 0
        while let component = rest.popLast() {
            switch component.kind {
            case .currentDirectory: continue
            case .parentDirectory: resolved.removeLastComponent()
            case .regular:
                let next = resolved.appending(component)
                guard let target = try linkTarget(next) else {
                    resolved = next
                    continue
                }
                links += 1
                // The same bound as the kernel's (path_resolution(7)).
                guard links <= 40 else {
                    throw .unreadable(FileError(operation: "readlink", path: path, errno: .tooManySymbolicLinkLevels))
                }
                if target.isAbsolute { resolved = FilePath("/") }
                rest.append(contentsOf: target.components.reversed())
            }
        }
        return resolved
    }

    private func linkTarget(_ path: FilePath) throws(TransferError.Code) -> FilePath? {
        do throws(FileError) {
            guard try fileSystem.status(path).kind == .symbolicLink else { return nil }
            return FilePath(try fileSystem.readLink(path))
        } catch {
            throw TransferError.Code(reading: error)
        }
    }
}
