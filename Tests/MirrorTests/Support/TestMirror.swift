import ChildProcess
import Foundation
import SystemPackage
import TestSupport
import Testing

/// The program under test.
enum Larder {
    /// Where it is.
    static let path = LarderServer.path

    /// Nothing that could change what the program does, such as a proxy or a configuration of pip; but what a sanitizer is
    /// told, so that its reports are collected, and signals end the program as they would without.
    static let environment: [String: String] = {
        var environment = ["LC_ALL": "C.UTF-8"]
        let kept = ["PATH", "HOME", "TMPDIR", "ASAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS", "SWIFT_BACKTRACE"]
        for name in kept { environment[name] = ProcessInfo.processInfo.environment[name] }
        return environment
    }()

    /// Runs the program to its end.
    static func run(
        _ arguments: [String],
        environment: [String: String] = environment,
        timeout: Duration = .seconds(240)
    ) throws -> CommandResult {
        let child = try ChildProcess(path, arguments, environment: environment, limit: 1 << 26, timeout: timeout)
        return CommandResult(child)
    }

    /// Runs the program to its end with so many descriptors at most.
    static func run(_ arguments: [String], descriptors: Int) throws -> CommandResult {
        let child = try ChildProcess(
            "/bin/sh",
            ["-c", "ulimit -n \(descriptors) && exec \"$0\" \"$@\"", path.string] + arguments,
            environment: environment,
            limit: 1 << 26,
            timeout: .seconds(60)
        )
        return CommandResult(child)
    }
}

/// A mirror of a test's own, worked on by the program itself.
final class TestMirror: Sendable {
    let folder: TemporaryFolder
    let root: FilePath
    private let environment: [String: String]

    /// Makes a mirror of a simple index, by default of all of it and in a folder of its own.
    ///
    /// - Parameters:
    ///   - upstream: The simple index.
    ///   - projects: The projects that are selected; all when it is empty.
    ///   - root: Where to make it; in a folder of its own when it is missing.
    ///   - environment: The environment of every command.
    ///   - configuration: Keys of `larder.toml`, with their values as TOML.
    /// - Throws: What keeps the mirror from being made.
    init(
        of upstream: String,
        projects: [String] = [],
        at root: FilePath? = nil,
        environment: [String: String] = Larder.environment,
        configuration: [String: String] = [:]
    ) throws {
        folder = try TemporaryFolder()
        self.root = root ?? folder.path.appending("mirror")
        self.environment = environment
        let selection = projects.isEmpty ? ["--all"] : projects.flatMap { ["--project", $0] }
        let arguments = ["init", self.root.string, "--upstream", upstream] + selection
        let result = try Larder.run(arguments, environment: environment)
        try #require(result.exitCode == 0, "\(result)")
        for (key, value) in configuration { try configure(key, value) }
    }

    /// A mirror that is there already.
    init(at root: FilePath, folder: TemporaryFolder) {
        self.folder = folder
        self.root = root
        environment = Larder.environment
    }

    /// Sets a key in `larder.toml`, where `init` wrote it with its default.
    ///
    /// - Parameters:
    ///   - key: The key.
    ///   - value: The value as TOML.
    ///   - table: The header of its table; the first table with such a key when it is missing.
    /// - Throws: When there is no such line.
    func configure(_ key: String, _ value: String, in table: String? = nil) throws {
        let path = root.appending("larder.toml").string
        var lines = try String(contentsOfFile: path, encoding: .utf8).components(separatedBy: "\n")
        let start = try table.map { try #require(lines.firstIndex(of: $0)) } ?? 0
        let line = try #require(lines[start...].firstIndex { $0.hasPrefix("#\(key) = ") || $0.hasPrefix("\(key) = ") })
        lines[line] = "\(key) = \(value)"
        try lines.joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
    }

    /// Runs a command on the mirror.
    func run(_ arguments: String...) throws -> CommandResult { try run(arguments: arguments) }

    /// Runs a command on the mirror.
    func run(arguments: [String]) throws -> CommandResult {
        try Larder.run(arguments + ["--root", root.string], environment: environment)
    }

    /// Syncs, with the report as JSON.
    func sync(_ arguments: String...) throws -> CommandResult {
        try Larder.run(["sync", "--json", "--root", root.string] + arguments, environment: environment)
    }

    /// Verifies, with the report as JSON.
    func verify(_ arguments: String...) throws -> CommandResult {
        try Larder.run(["verify", "--json", "--root", root.string] + arguments, environment: environment)
    }

    /// Starts a command on the mirror and does not wait for it.
    func start(_ arguments: [String]) throws -> BackgroundProgram {
        try BackgroundProgram(
            [Larder.path.string] + arguments + ["--root", root.string],
            environment: Larder.environment,
            output: folder.path.appending("output"),
            errors: folder.path.appending("errors")
        )
    }

    /// What the last program that was started printed.
    var startedOutput: String {
        get throws { try String(contentsOfFile: folder.path.appending("output").string, encoding: .utf8) }
    }

    /// What compares two mirrors.
    var treeDigest: String? {
        get throws { try run("status", "--json").report.text("treeDigest") }
    }

    /// What the last program that was started said on standard error.
    var startedErrors: String {
        get throws { try String(contentsOfFile: folder.path.appending("errors").string, encoding: .utf8) }
    }

    /// A file of the live tree, by its path below the document root, with `..` as in URLs.
    func contents(_ path: String) throws -> [UInt8] {
        let path = root.appending("web").pushing(FilePath(path).lexicallyNormalized())
        return Array(try Data(contentsOf: URL(fileURLWithPath: path.string)))
    }

    /// The JSON page of a project, as it is published.
    func page(_ project: String) throws -> Report {
        let bytes = try contents("simple/\(project)/index.v1_json")
        return Report(object: try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any] ?? [:])
    }

    /// The filenames on the JSON page of a project.
    func filenames(_ project: String) throws -> [String] {
        try page(project).objects("files").compactMap { $0.text("filename") }
    }

    /// The projects in the published root list.
    func listedProjects() throws -> [String] {
        let list = try JSONSerialization.jsonObject(with: Data(try contents("simple/index.v1_json")))
        return Report(object: list as? [String: Any] ?? [:]).objects("projects").compactMap { $0.text("name") }
    }

    /// Where the object of a file lies.
    func object(of filename: String, in project: String) throws -> FilePath {
        let file = try page(project).objects("files").first { $0.text("filename") == filename }
        let hex = try #require(file?.text("hashes.sha256"))
        return root.pushing(FilePath("objects/\(hex.prefix(2))/\(hex.dropFirst(2).prefix(2))/\(hex)"))
    }
}
