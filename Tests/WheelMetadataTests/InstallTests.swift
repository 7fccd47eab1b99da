import DemoUpstream
import Foundation
import SystemPackage
import Testing

/// Installs from the demo's upstream with the pip of a fresh virtual environment, without a network.
@Suite struct InstallTests {
    @Test(.enabled(if: VirtualEnvironment.isPossible, "python3 with venv and ensurepip is not installed"))
    func applicationAndSdistInstall() throws {
        let directory = try TemporaryDirectory()
        var upstream = DemoUpstream(root: directory.path.appending("a tree"))
        try upstream.create()
        let environment = try VirtualEnvironment(directory.path.appending("venv"))

        try environment.install(DemoUpstream.application, from: upstream)
        let application = DemoUpstream.applicationModule
        #expect(try environment.python("import \(application) as m; print(m.__version__)") == "1.2.0\n")
        let greeting = try environment.run("bin/\(DemoUpstream.application)", [])
        #expect(greeting == "demo-blog 1.2.0 is installed and works\n")
        // At the end of the chain, through the web framework, its HTTP and its URLs.
        #expect(try environment.python("import demo_text; print(demo_text.__version__)") == "1.1.0\n")
        let installed = try environment.run("bin/python", ["-m", "pip", "list", "--format=freeze"])
        let names = installed.split(separator: "\n").filter { $0.lowercased().hasPrefix("demo") }
        #expect(names.count == DemoUpstream.applicationRequirementCount + 1, "\(names)")

        try environment.install(DemoUpstream.sourceOnly, from: upstream)
        let sourceOnly = DemoUpstream.sourceOnlyModule
        #expect(try environment.python("import \(sourceOnly) as m; print(m.__version__)") == "0.1\n")
        // The wheel that the backend builds holds what ours does.
        try environment.install("demo-cli", from: upstream, ["--force-reinstall", "--no-deps", "--no-binary=:all:"])
        #expect(try environment.python("import demo_cli as m; print(m.__version__)") == "1.1.0\n")
    }
}

/// A virtual environment of Python, with a pip that knows no configuration but the command line.
private struct VirtualEnvironment {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    static var isPossible: Bool {
        (try? execute("/usr/bin/env", ["python3", "-c", "import venv, ensurepip"])) != nil
    }

    private let path: FilePath

    init(_ path: FilePath) throws {
        self.path = path
        _ = try Self.execute("/usr/bin/env", ["python3", "-m", "venv", path.string])
    }

    func install(_ name: String, from upstream: DemoUpstream, _ options: [String] = []) throws {
        let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-cache-dir"]
        _ = try run("bin/python", pip + ["--index-url", upstream.simpleURL] + options + [name])
    }

    func python(_ program: String) throws -> String {
        try run("bin/python", ["-c", program])
    }

    func run(_ command: String, _ arguments: [String]) throws -> String {
        try Self.execute(path.pushing(FilePath(command)).string, arguments)
    }

    /// Runs a program to its end; its standard error is part of the error that a failure throws.
    private static func execute(_ program: String, _ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        var environment = ProcessInfo.processInfo.environment.filter {
            !$0.key.hasPrefix("PIP_") && !$0.key.hasPrefix("PYTHON")
        }
        environment["PIP_CONFIG_FILE"] = "/dev/null"
        process.environment = environment
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(description: "\(program) \(arguments.joined(separator: " ")): \(text)")
        }
        return text
    }
}
