internal import FileIO
package import Packaging
internal import Requirements
package import SystemPackage

/// The projects that a requirements file of pip names, whatever the versions it asks for.
///
/// Options are passed over, save `-r`, which leads to further files; so are constraints, which name nothing to install,
/// and projects that are installed from where they lie (`-e`).
package struct RequirementNames: Sendable {
    /// The projects, in the order of the files, each once; those that only have a URL come last.
    package let names: [ProjectName]

    /// Reads a file and those that it leads to.
    ///
    /// - Parameter path: The file.
    /// - Throws: ``MirrorError/usage(_:)`` for a file that cannot be read, and for a line that names no project.
    package init(readingFile path: FilePath) throws(MirrorError) {
        let fileSystem = POSIXFileSystem()
        let files: RequirementFiles
        do throws(RequirementFileError) {
            files = try RequirementFiles.read(path) { path throws(FileError) in
                try fileSystem.contents(of: path, limit: RequirementFiles.maximumByteCount)
            }
        } catch {
            throw .usage("\(error)")
        }
        var stated = files.requirements.map(\.requirement.name)
        for skipped in files.skipped {
            switch skipped.reason {
            case .url:
                guard let name = skipped.name else { throw .usage("\(skipped); a mirror needs names") }
                stated.append(name)
            case .path, .environmentVariable, .remoteFile:
                throw .usage("\(skipped); a mirror needs names")
            case .editable, .option, .unknownOption, .strayWord:
                continue
            }
        }
        var seen: Set<ProjectName> = []
        names = stated.filter { seen.insert($0).inserted }
    }
}
