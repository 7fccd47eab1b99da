import FoundationEssentials
import Packaging
import Requirements
import Testing

/// The lock files in `Fixtures`.
///
/// uv 0.13, pip 26.3, Poetry 2.5 and Pipenv wrote `uv.lock`, `pylock.uv.toml`, `pylock.toml`, `poetry.lock` and
/// `Pipfile.lock`; hosts were replaced, a large package left out, and the category `docs` added to the last. Those of PDM
/// and of Poetry 1 were put together by hand from the same files, in the form that these formats have.
enum Fixture {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")

    /// The bytes of a fixture.
    static func bytes(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: folder.appending(path: name)))
    }

    /// A fixture, read as a lock file.
    static func lock(_ name: String) throws -> LockedFiles {
        try LockedFiles.parse(bytes(name), file: name)
    }
}

/// A text, read as a lock file of a name.
func lock(_ text: String, _ file: String = "uv.lock") throws(LockFileError) -> LockedFiles {
    try LockedFiles.parse(Array(text.utf8), file: file)
}

/// The name of a project that a test knows to be valid.
func project(_ name: String) throws -> ProjectName {
    try #require(ProjectName(name))
}

/// Digests that differ, of 64 digits.
func digest(_ digit: Character) -> String { String(repeating: digit, count: 64) }
