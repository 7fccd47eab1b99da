import ChildProcess
import FileIO
import Glibc
import SystemPackage

/// An installation by pip from one index alone, in a virtual environment of its own.
struct PipTrial {
    /// Why pip could not be shown.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// The folder of the virtual environment, which is made.
    let folder: FilePath
    /// The URL of the index.
    let index: String

    /// Installs projects with their dependencies.
    ///
    /// - Parameter projects: What to install.
    /// - Returns: What was installed, as pip names it.
    /// - Throws: ``Failure`` when there is no Python or pip fails.
    func install(_ projects: [String]) throws(Failure) -> [String] {
        let python = try interpreter()
        try run(python, ["-m", "venv", folder.string], "python3 -m venv")
        let options = ["--index-url", index, "--no-cache-dir", "--disable-pip-version-check", "--no-input"]
        let pip = ["-m", "pip", "install"] + options + projects
        let lines = try run(folder.appending("bin/python"), pip, "pip install")
        let done = "Successfully installed "
        guard let line = lines.last(where: { $0.hasPrefix(done) }) else {
            throw Failure(description: "pip did not say what it installed")
        }
        return line.dropFirst(done.count).split(separator: " ").map(String.init)
    }

    /// Runs a program that was installed.
    ///
    /// - Parameter command: The program.
    /// - Returns: The lines that it printed.
    /// - Throws: ``Failure`` when it fails.
    func run(command: String) throws(Failure) -> [String] {
        try run(folder.appending("bin").appending(command), [], command)
    }

    private func interpreter() throws(Failure) -> FilePath {
        let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
        for directory in path.split(separator: ":") {
            let candidate = FilePath(String(directory)).appending("python3")
            if access(candidate.string, X_OK) == 0 { return candidate }
        }
        throw Failure(description: "there is no python3; install python3-venv and try again")
    }

    @discardableResult
    private func run(_ program: FilePath, _ arguments: [String], _ name: String) throws(Failure) -> [String] {
        // Nothing of the user's configuration of pip: the mirror is to be the only index.
        var environment = ["PIP_CONFIG_FILE": "/dev/null", "LC_ALL": "C.UTF-8"]
        for variable in ["PATH", "HOME", "TMPDIR"] {
            if let value = getenv(variable) { environment[variable] = String(cString: value) }
        }
        let child: ChildProcess
        do throws(ChildProcess.Failure) {
            child = try ChildProcess(
                program,
                arguments,
                environment: environment,
                limit: 1 << 20,
                timeout: .seconds(300)
            )
        } catch {
            throw Failure(description: "\(name) could not be run: \(error)")
        }
        let lines = String(decoding: child.output, as: UTF8.self).split(separator: "\n").map(String.init)
        guard child.exitCode == 0 else {
            let detail = String(decoding: child.errors, as: UTF8.self).split(separator: "\n").last ?? ""
            throw Failure(description: "\(name) failed: \(detail)")
        }
        return lines
    }
}
