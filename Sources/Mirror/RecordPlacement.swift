internal import FileIO
internal import Packaging
internal import SystemPackage

/// The note of the records that a group is giving their names, from before the first of them until the index knows them.
///
/// A crash between the two leaves the note, so that the next command need not look through all records for those that
/// are newer than the index. It becomes durable with the bytes of the group, and its removal at no certain time: a note
/// that stays costs a comparison.
struct RecordPlacement: Sendable {
    private static let name = "records.placing"

    private let path: FilePath
    private let fileSystem: any FileSystem

    /// The note of a mirror.
    ///
    /// - Parameters:
    ///   - directory: The mirror's staging directory, which is swept after the note was read.
    ///   - fileSystem: What holds it.
    init(directory: FilePath, fileSystem: any FileSystem) {
        path = directory.appending(Self.name)
        self.fileSystem = fileSystem
    }

    /// The projects that are noted; none when there is no note.
    ///
    /// Lines that no project can be called are left out: a power cut may tear a note, before any record gets its name.
    func names() throws(FileError) -> [ProjectName] {
        do throws(FileError) {
            let bytes = try fileSystem.contents(of: path, limit: 1 << 28)
            return bytes.split(separator: UInt8(ascii: "\n")).compactMap { line in
                String(validating: line, as: UTF8.self).flatMap { ProjectName($0) }
            }
        } catch  where error.isMissing {
            return []
        }
    }

    /// Notes projects beside those that are noted already, as after a group that failed; not durable.
    ///
    /// - Parameters:
    ///   - names: The projects.
    ///   - staging: A name in the staging directory that nobody else has.
    /// - Throws: ``FileError``; the note is as it was.
    func note(_ names: [ProjectName], at staging: FilePath) throws(FileError) {
        let text = Set(names).union(try self.names()).sorted().map { $0.normalized + "\n" }.joined()
        do throws(FileError) {
            try fileSystem.write(Array(text.utf8), toNewFile: staging, permissions: [.ownerReadWrite], durably: false)
            try fileSystem.rename(staging, to: path)
        } catch {
            try? fileSystem.removeIfPresent(staging)
            throw error
        }
    }

    /// Removes the note, once the index knows the records.
    func forget() throws(FileError) {
        try fileSystem.removeIfPresent(path)
    }
}
