import ChildProcess
import Foundation
import SystemPackage
import TestSupport

/// A virtual environment that all tests share, with the pip that came with Python, and uv where it is to be had.
enum Python {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// The environment's folder, made once; `nil` where Python has no `venv`.
    static let environment: FilePath? = {
        let folder = Larder.path.removingLastComponent().appending("test-tools/venv")
        let works = { (try? run(folder.appending("bin/python"), ["-m", "pip", "--version"])) != nil }
        if works() { return folder }
        guard (try? run("/usr/bin/env", ["python3", "-m", "venv", "--clear", folder.string])) != nil else { return nil }
        return works() ? folder : nil
    }()

    /// uv, installed once from the index that pip is configured for; `nil` where there is none.
    static let uv: FilePath? = {
        guard let environment else { return nil }
        let program = environment.appending("bin/uv")
        if (try? run(program, ["--version"])) != nil { return program }
        let own = ProcessInfo.processInfo.environment
        let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "uv"]
        _ = try? run(environment.appending("bin/python"), install, environment: own)
        return (try? run(program, ["--version"])) == nil ? nil : program
    }()

    /// bandersnatch, installed once and apart, since it brings much along, from the index that pip is configured for;
    /// `nil` where there is none.
    static let bandersnatch: FilePath? = {
        let folder = Larder.path.removingLastComponent().appending("test-tools/bandersnatch")
        let program = folder.appending("bin/bandersnatch")
        if (try? run(program, ["--version"])) != nil { return program }
        guard (try? run("/usr/bin/env", ["python3", "-m", "venv", "--clear", folder.string])) != nil else { return nil }
        let own = ProcessInfo.processInfo.environment
        let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "bandersnatch"]
        _ = try? run(folder.appending("bin/python"), install, environment: own)
        return (try? run(program, ["--version"])) == nil ? nil : program
    }()

    /// The version of Python in the environment, as `3.12`.
    static var version: String {
        get throws {
            guard let environment else { throw Failure(description: "there is no Python") }
            let program = "import sys; print('%d.%d' % sys.version_info[:2], end='')"
            return try run(environment.appending("bin/python"), ["-c", program])
        }
    }

    /// Nothing of anybody's configuration of pip or uv.
    private static let cleanEnvironment = Larder.environment.merging([
        "PIP_CONFIG_FILE": "/dev/null", "UV_NO_CONFIG": "1", "PYTHONDONTWRITEBYTECODE": "1",
    ]) { $1 }

    /// Runs a program to its end, which must be a good one.
    @discardableResult
    static func run(
        _ program: FilePath,
        _ arguments: [String],
        environment: [String: String] = cleanEnvironment
    ) throws -> String {
        let child = try ChildProcess(
            program,
            arguments,
            environment: environment,
            limit: 1 << 26,
            timeout: .seconds(240)
        )
        guard child.exitCode == 0 else {
            let text = String(decoding: child.output + child.errors, as: UTF8.self)
            throw Failure(description: "\(program) \(arguments.joined(separator: " ")): \(text)")
        }
        return String(decoding: child.output, as: UTF8.self)
    }

    /// What installs requirements from one index alone into a folder: pip, and uv where it is to be had.
    static var installers: [(_ what: [String], _ index: String, _ target: FilePath) throws -> Void] {
        [pipInstall] + (uv == nil ? [] : [uvInstall])
    }

    /// Installs into a folder with pip, from one index alone.
    static func pipInstall(_ what: [String], from index: String, into target: FilePath) throws {
        try pip("install", ["--target", target.string] + what, from: index)
    }

    /// Downloads what would be installed with pip, from one index alone.
    static func pipDownload(_ what: [String], from index: String, into folder: FilePath) throws {
        try pip("download", ["--dest", folder.string] + what, from: index)
    }

    private static func pip(_ command: String, _ arguments: [String], from index: String) throws {
        guard let environment else { throw Failure(description: "there is no Python") }
        let common = ["--quiet", "--disable-pip-version-check", "--no-cache-dir", "--no-input", "--index-url", index]
        try run(environment.appending("bin/python"), ["-m", "pip", command] + common + arguments)
    }

    /// Installs into a folder with uv, from one index alone.
    static func uvInstall(_ what: [String], from index: String, into target: FilePath) throws {
        let install = ["pip", "install", "--quiet", "--no-cache", "--no-config", "--default-index", index]
        try uv(install + ["--target", target.string] + what)
    }

    /// Runs uv with the Python of the environment.
    static func uv(_ arguments: [String]) throws {
        guard let environment, let uv else { throw Failure(description: "there is no uv") }
        try run(uv, arguments + ["--python", environment.appending("bin/python").string])
    }

    /// What pip would install, as `name==version`.
    static func resolve(_ what: [String], from index: String) throws -> [(name: String, version: String)] {
        let folder = try TemporaryFolder()
        let file = folder.path.appending("report.json")
        try pip("install", ["--dry-run", "--ignore-installed", "--report", file.string] + what, from: index)
        let data = try Data(contentsOf: URL(fileURLWithPath: file.string))
        let report = Report(object: try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:])
        return report.objects("install").compactMap { item in
            guard let name = item.text("metadata.name"), let version = item.text("metadata.version") else { return nil }
            return (name, version)
        }
    }

    /// Runs a program of Python with what was installed into a folder.
    static func run(_ program: String, with target: FilePath) throws -> String {
        guard let environment else { throw Failure(description: "there is no Python") }
        return try run(
            environment.appending("bin/python"),
            ["-c", program],
            environment: cleanEnvironment.merging(["PYTHONPATH": target.string]) { $1 }
        )
    }
}
