package import SystemPackage

/// What a requirement file of pip states, with all files that it leads to.
package struct RequirementFiles: Sendable {
    /// The most bytes of all files together.
    package static let maximumByteCount = 64 << 20
    /// The most files that one may lead to.
    package static let maximumFileCount = 1_000
    /// The longest chain of files that each lead to the next.
    package static let maximumDepth = 32

    /// The requirements, in the order in which pip reads them; a project may be there several times.
    package internal(set) var requirements: [StatedRequirement] = []
    /// The constraints (`-c`), in that order: they name nothing to install, and only narrow what is.
    package internal(set) var constraints: [StatedRequirement] = []
    /// What was passed over, in that order.
    package internal(set) var skipped: [SkippedRequirement] = []
    /// The files that were read, in that order, each once.
    package internal(set) var files: [FilePath] = []

    /// Reads a requirement file as `pip install -r` does.
    ///
    /// Files that `-r` and `-c` name are read where they are named; a relative path starts at the folder of the file
    /// that names it. As in pip, what a constraint file includes by `-r` are requirements. A file that is named twice
    /// is read once. Environment variables are not looked up, files are not downloaded, and markers are not judged:
    /// that is left to who knows the environments.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - contents: Tells the bytes of a file.
    /// - Returns: All that the files state.
    /// - Throws: ``RequirementFileError`` when a file cannot be read, is not as pip reads it, leads to itself, or leads
    ///   too far.
    package static func read(
        _ path: FilePath,
        contents: (FilePath) throws -> [UInt8]
    ) throws(RequirementFileError) -> RequirementFiles {
        var reader = RequirementFilesReader()
        try reader.read(path, as: .requirement, contents: contents)
        return reader.result
    }
}
