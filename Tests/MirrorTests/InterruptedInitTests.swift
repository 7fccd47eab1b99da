import Foundation
import SystemPackage
import TestSupport
import Testing

/// A mirror that was only half made is none, and needs nobody to be made again (design, I5).
@Suite("Interrupted init") struct InterruptedInitTests {
    private let folder: TemporaryFolder
    private let root: FilePath

    init() throws {
        folder = try TemporaryFolder()
        root = folder.path.appending("mirror")
    }

    private func initialize(_ arguments: String...) throws -> CommandResult {
        let command = ["init", root.string, "--upstream", "https://index.example/simple/", "--all"]
        return try Larder.run(command + arguments)
    }

    private func write(_ text: String, to name: String) throws {
        try text.write(toFile: root.appending(name).string, atomically: false, encoding: .utf8)
    }

    private func text(of name: String) throws -> String {
        try String(contentsOfFile: root.appending(name).string, encoding: .utf8)
    }

    @Test("What it left is taken over, and none of its settings stays")
    func again() throws {
        try #require(try initialize().exitCode == 0)
        try FileManager.default.removeItem(atPath: root.appending("store.json").string)
        try write("# of the first time", to: "larder.toml")
        try write("password = \"of the first time\"", to: "upstream.secret")
        try write("", to: ".store.json.new")
        let result = try initialize()
        #expect(result.exitCode == 0, "\(result)")
        #expect(try text(of: "store.json").contains("format"))
        #expect(try text(of: "larder.toml").contains("https://index.example/simple/"))
        for name in ["upstream.secret", ".store.json.new"] {
            #expect(!FileManager.default.fileExists(atPath: root.appending(name).string), "\(name)")
        }
        #expect(try Larder.run(["status", "--root", root.string]).exitCode == 0)
    }

    @Test(
        "A folder with anything else is refused and stays as it is",
        arguments: ["notes.txt", "objects/file", "larder.toml"]
    )
    func others(name: String) throws {
        if name != "larder.toml" {
            try #require(try initialize().exitCode == 0)
            try FileManager.default.removeItem(atPath: root.appending("store.json").string)
        } else {
            // Somebody wrote it, for there is nothing of what is made before it.
            try FileManager.default.createDirectory(atPath: root.string, withIntermediateDirectories: true)
        }
        try write("of a person", to: name)
        let before = try FileManager.default.subpathsOfDirectory(atPath: root.string).sorted()
        let result = try initialize()
        #expect(result.exitCode == 64)
        #expect(result.errors.contains("not empty"))
        #expect(try text(of: name) == "of a person")
        #expect(try FileManager.default.subpathsOfDirectory(atPath: root.string).sorted() == before)
    }
}
