import Packaging
import Requirements
import Testing

/// Lock files that are refused, and what people read then.
@Suite struct LockFileErrorTests {
    private func message(_ text: String, _ file: String) -> String {
        do throws(LockFileError) {
            _ = try lock(text, file)
            return "read"
        } catch {
            return error.description
        }
    }

    @Test(arguments: [
        (
            "uv.lock", "revision = 2\nversion = 2\n",
            ":2: has version '2' of the format of uv.lock; known are version = 1"
        ),
        (
            "poetry.lock", "[metadata]\nlock-version = \"3.0\"\n",
            ":2: has version '3.0' of the format of poetry.lock; known are lock-version 1.x and 2.x"
        ),
        (
            "pdm.lock", "[metadata]\nlock_version = \"5.0\"\n",
            ":2: has version '5.0' of the format of pdm.lock; known are lock_version 2.x, 3.x and 4.x"
        ),
        (
            "pylock.toml", "lock-version = \"2.0\"\n",
            ":1: has version '2.0' of the format of pylock.toml; known are lock-version 1.x"
        ),
        (
            "Pipfile.lock", "{\n\"_meta\": {\n\"pipfile-spec\": 7}}",
            ":2: has version '7' of the format of Pipfile.lock; known are pipfile-spec 6"
        ),
        (
            "uv.lock", "version = 1\n[[distribution]]\n",
            ": has version '1 of before its release' of the format of uv.lock; known are version = 1"
        ),
    ])
    func unknownVersionsAreRefused(_ file: String, text: String, message expected: String) {
        #expect(message(text, file) == file + expected)
    }

    @Test(arguments: [
        ("uv.lock", "version = 1\n[[package]]\nname = 4\n", ":3: 'package.name' must be a text, but is the number 4"),
        (
            "uv.lock", "version = 1\n\n[[package]]\nname = \"a b\"\n",
            ":4: 'package.name' must be the name of a project, but is 'a b'"
        ),
        (
            "uv.lock", "version = 1\n[[package]]\nname = \"a\"\n",
            ":2: has no 'package.source', which is required; lock again with the tool that wrote it"
        ),
        (
            "uv.lock",
            "version = 1\n[[package]]\nname = \"a\"\nsource = { registry = \"https://index.example/\" }\nsdist = { url = \"https://files.example/a\", hash = \"sha256:12\" }\n",
            ":5: 'package.sdist.hash' must be a digest as sha256:…, but is 'sha256:12'"
        ),
        (
            "poetry.lock",
            "[[package]]\nname = \"a\"\nversion = \"1\"\nfiles = [{file = \"../a\"}]\n[metadata]\nlock-version = \"2.1\"\n",
            ":4: 'package.files.file' must be a filename, but is '../a'"
        ),
        (
            "pdm.lock", "[[package]]\nname = \"a\"\n",
            ": has no 'metadata', which is required; lock again with the tool that wrote it"
        ),
        (
            "pylock.toml",
            "lock-version = \"1.0\"\n[[packages]]\nname = \"a\"\nwheels = [{ url = \"https://files.example/a\" }]\n",
            ":4: 'packages.wheels.hashes' must be a table of digests, but is absent"
        ),
        ("Pipfile.lock", "{}", ": has no '_meta', which is required; lock again with the tool that wrote it"),
        (
            "Pipfile.lock", "{\"_meta\": {\"pipfile-spec\": 6},\n\"default\": {\n\"a\": {\n\"hashes\": [\"x\"]}}}",
            ":3: 'default.a.hashes' must be digests as sha256:…, but is 'x'"
        ),
        (
            "Pipfile.lock", "{\"_meta\": {\"pipfile-spec\": 6}, \"default\": []}",
            ": 'default' must be an object, but is an array"
        ),
        (
            "Cargo.lock", "version = 4\n[metadata]\n",
            ": is no lock file that is known; those are uv.lock, poetry.lock, pylock.toml, pdm.lock, Pipfile.lock"
        ),
        (
            "package.json", "{}",
            ": is no lock file that is known; those are uv.lock, poetry.lock, pylock.toml, pdm.lock, Pipfile.lock"
        ),
        ("uv.lock", "version = 1\n\0", ": is not UTF-8 text"),
    ])
    func whatTheFormatForbidsIsRefused(_ file: String, text: String, message expected: String) {
        #expect(message(text, file) == file + expected)
    }

    @Test func textThatIsNoTomlOrJsonIsRefused() {
        #expect(message("version = 1\n\n[[package\n", "uv.lock").hasPrefix("uv.lock:3: is not valid TOML: "))
        #expect(message("{\"_meta\": ", "Pipfile.lock").hasPrefix("Pipfile.lock: is not JSON that can be read: "))
        #expect(throws: LockFileError.self) { try LockedFiles.parse([0xFF], file: "uv.lock") }
        #expect(throws: LockFileError.self) {
            try LockedFiles.parse([UInt8](repeating: 10, count: LockedFiles.maximumByteCount + 1), file: "uv.lock")
        }
    }

    /// Input that once ended the process within the TOML parser.
    @Test(arguments: [
        ("version = 1\n[.x]\n", 2), ("version = 1\n\n  [[ é ]]\n", 3), ("[#]", 1), ("a = [1, # x\n}", 2),
        ("a = 1979-05-27Tx", 1),
    ])
    func whatTheParserAssertsIsRefused(_ text: String, line: Int) {
        #expect(message(text, "uv.lock").hasPrefix("uv.lock:\(line): is not valid TOML: "))
    }

    @Test func stringsAreReadWhateverTheyHold() throws {
        let text = "version = 1\na = \"[}\" # [}\nb = '\\' # \"\nc = \"\\\"[}\"\nd = 1979-05-27T07:32:00.5Z\n"
        #expect(try lock(text + "e = \"\"\"\n[.]\"\"\"\n").projects.isEmpty)
    }

    @Test func filenamesTellTheKind() {
        #expect(LockFileKind(filename: "pylock.dev.toml") == .pylock)
        #expect(LockFileKind(filename: "pylock.a.b.toml") == nil)
        #expect(LockFileKind(filename: "requirements.txt") == nil)
        for kind in LockFileKind.allCases { #expect(LockFileKind(filename: kind.description) == kind) }
    }
}
