import Foundation
import SystemPackage

/// A program of Python in a virtual environment of its own, which is kept.
struct PythonTool: Sendable {
    /// The folder of its programs.
    private let folder: FilePath

    /// Whether the tests run that take long, as `tools/test --all` does.
    static let areWanted = ProcessInfo.processInfo.environment["LARDER_LONG_TESTS"] != nil

    static let poetry = PythonTool("poetry", of: "poetry")
    /// Only the versions that it locks are sure to go together.
    static let pdm = PythonTool("pdm", of: "pdm[locked]")
    static let devpi = PythonTool("devpi-server", of: "devpi-server")
    static let bandersnatch = PythonTool("bandersnatch", of: "bandersnatch")

    /// Installs it from the index that pip is configured for; `nil` where there is none, or where it is not wanted.
    private init?(_ name: String, of requirement: String) {
        guard Self.areWanted else { return nil }
        let home = Larder.path.removingLastComponent().appending("test-tools/\(name)")
        folder = home.appending("bin")
        let program = folder.appending(name)
        if (try? Python.run(program, ["--version"])) != nil { return }
        let own = ProcessInfo.processInfo.environment
        _ = try? Python.run("/usr/bin/env", ["python3", "-m", "venv", "--clear", home.string])
        let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", requirement]
        _ = try? Python.run(folder.appending("python"), install, environment: own)
        guard (try? Python.run(program, ["--version"])) != nil else { return nil }
    }

    /// The path of one of its programs.
    func path(_ program: String) -> String { folder.appending(program).string }

    /// What it runs with: nobody's configuration, and a home that is a test's own.
    static func environment(_ home: FilePath) -> [String: String] {
        [
            "PATH": "/usr/bin:/bin", "HOME": home.string, "LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1",
            "POETRY_VIRTUALENVS_IN_PROJECT": "true", "PDM_CHECK_UPDATE": "false", "PIP_CONFIG_FILE": "/dev/null",
        ]
    }

    /// Runs one of its programs in a folder, to a good end.
    @discardableResult
    func run(_ program: String, _ arguments: [String], in folder: FilePath) throws -> String {
        try Python.run(
            "/usr/bin/env",
            ["-C", folder.string, path(program)] + arguments,
            environment: Self.environment(folder)
        )
    }
}
