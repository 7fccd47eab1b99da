internal import Packaging

/// One release of a project in pure Python, from which its wheel and its sdist are made.
///
/// Nothing but the name is checked, so that odd upstreams can be made too. The same value gives the same bytes.
package struct Distribution: Equatable, Sendable {
    /// The kinds of files that a release may have.
    package enum Kind: Hashable, Sendable {
        case wheel
        case sdist
    }

    /// The name as people write it.
    package var name: String
    /// The version (PEP 440).
    package var version: String
    /// One line on what the project is.
    package var summary: String
    /// Requirements (PEP 508), as they stand in `Requires-Dist`.
    package var requires: [String]
    /// The names of extras, as they stand in `Provides-Extra`.
    package var extras: [String]
    /// The Python versions it runs on; `nil` leaves the field out.
    package var requiresPython: String?
    /// Commands to install, each with the function that it calls, `module:function`.
    package var scripts: [String: String]
    /// The Python files; empty stands for one package that imports those it requires without a condition.
    package var sources: [ArchiveEntry]
    /// The files that are published of the release.
    package var kinds: Set<Kind>
    /// The version of the core metadata; from 2.2 on, what an sdist says of its dependencies holds (PEP 643).
    package var metadataVersion = "2.1"

    /// A release with a wheel and an sdist.
    package init(
        name: String,
        version: String,
        summary: String = "A distribution for trying things out",
        requires: [String] = [],
        extras: [String] = [],
        requiresPython: String? = ">=3.8",
        scripts: [String: String] = [:],
        sources: [ArchiveEntry] = [],
        kinds: Set<Kind> = [.wheel, .sdist]
    ) {
        self.name = name
        self.version = version
        self.summary = summary
        self.requires = requires
        self.extras = extras
        self.requiresPython = requiresPython
        self.scripts = scripts
        self.sources = sources
        self.kinds = kinds
    }

    /// The name of the package to import: the normalized name with `_` for `-`.
    package var module: String { Self.module(ofProject: name) }

    /// `module-version`, from which filenames are made (PEP 427, PEP 625).
    package var stem: String { "\(module)-\(version)" }

    /// The filename of the wheel.
    package var wheelFilename: String { "\(stem)-py3-none-any.whl" }

    /// The filename of the sdist.
    package var sdistFilename: String { "\(stem).tar.gz" }

    /// The core metadata: METADATA of the wheel, PKG-INFO of the sdist, and the sidecar.
    package func metadata() -> [UInt8] {
        var lines = [
            "Metadata-Version: \(metadataVersion)", "Name: \(name)", "Version: \(version)", "Summary: \(summary)",
        ]
        if let requiresPython { lines.append("Requires-Python: \(requiresPython)") }
        lines += requires.map { "Requires-Dist: \($0)" }
        lines += extras.map { "Provides-Extra: \($0)" }
        lines += ["Description-Content-Type: text/plain", "", "\(summary).", ""]
        return Array(lines.joined(separator: "\n").utf8)
    }

    /// The Python files, sorted by path.
    var pythonFiles: [ArchiveEntry] {
        guard sources.isEmpty else { return sources.sorted { $0.path < $1.path } }
        var lines = ["\"\"\"\(summary).\"\"\"", ""]
        lines += requires.compactMap { requirement in
            guard !requirement.contains(";") else { return nil }
            let name = requirement.prefix { $0.isLetter || $0.isNumber || "-_.".contains($0) }
            return "import \(Self.module(ofProject: String(name)))"
        }
        lines += ["", "__version__ = \"\(version)\"", "", ""]
        lines += ["def main():", "    print(\"\(name) \(version) is installed and works\")", ""]
        return [ArchiveEntry("\(module)/__init__.py", lines.joined(separator: "\n"))]
    }

    /// `entry_points.txt`; `nil` when there are no scripts.
    var entryPoints: String? {
        guard !scripts.isEmpty else { return nil }
        let lines = scripts.sorted { $0.key < $1.key }.map { "\($0.key) = \($0.value)\n" }
        return "[console_scripts]\n\(lines.joined())"
    }

    private static func module(ofProject name: String) -> String {
        let normalized = ProjectName(name)?.normalized ?? name
        return String(normalized.map { $0 == "-" ? "_" : $0 })
    }
}
