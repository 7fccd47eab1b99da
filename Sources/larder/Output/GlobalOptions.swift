import ArgumentParser
import Glibc
import Logging
import Mirror
import Scheduling
import SystemPackage

/// Where the mirror is; also accepted before the command.
struct RootOption: ParsableArguments {
    @Option(
        name: .long,
        help: "The mirror's folder (default: $LARDER_ROOT, else the current folder if it has a larder.toml)."
    )
    var root: String?
}

/// The options that every command on a mirror has.
struct GlobalOptions: ParsableArguments {
    @OptionGroup var rootOption: RootOption
    @ParentCommand var parent: LarderCommand
    @OptionGroup var output: OutputOptions

    /// The mirror's folder: `--root`, else `LARDER_ROOT`, else the current folder when it holds `larder.toml`.
    ///
    /// - Throws: ``MirrorError/usage(_:)`` when none of them names one.
    func root() throws(MirrorError) -> FilePath {
        guard let root = rootIfNamed() else {
            throw .usage("which mirror? give --root DIR, set LARDER_ROOT, or go to a mirror's folder")
        }
        return root
    }

    /// The same, `nil` when none of them names one.
    func rootIfNamed() -> FilePath? {
        if let root = rootOption.root ?? parent.root.root { return absolute(root) }
        if let root = getenv("LARDER_ROOT").map({ String(cString: $0) }), !root.isEmpty { return absolute(root) }
        return access("larder.toml", F_OK) == 0 ? absolute(".") : nil
    }

    /// Opens the mirror, on a thread that may wait: for the disk, and for others who open or close the index.
    func mirror() async throws(MirrorError) -> MirrorRoot {
        let (root, logger) = (try root(), output.logger)
        return try await WorkerPool(name: "larder-open", threadCount: 1).run { () throws(MirrorError) in
            try MirrorRoot(at: root, logger: logger)
        }
    }
}

/// A path from the root of the file system, without `.` and `..`.
func absolute(_ path: String) -> FilePath {
    let path = FilePath(path)
    if path.isAbsolute { return path.lexicallyNormalized() }
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let current = getcwd(&buffer, buffer.count).map { String(cString: $0) } ?? "/"
    return FilePath(current).pushing(path).lexicallyNormalized()
}
