import Packaging
import Requirements

/// What holds for lock files: an input is the content of one.
enum LockFileProperties {
    /// Checks a lock file whose kind its content tells.
    static func check(_ input: [UInt8]) throws(PropertyViolation) {
        switch read(input, "input") {
        case .success(let lock): try check(lock, of: input)
        case .failure(let error): try requirePrintable(error.description)
        }
    }

    private static func read(_ input: [UInt8], _ file: String) -> Result<LockedFiles, LockFileError> {
        Result { () throws(LockFileError) in try LockedFiles.parse(input, file: file) }
    }

    private static func check(_ lock: LockedFiles, of input: [UInt8]) throws(PropertyViolation) {
        let lineCount = input.count { $0 == UInt8(ascii: "\n") } + 1
        func requireLine(_ line: Int?) throws(PropertyViolation) {
            try require(line.map { (1...lineCount).contains($0) } ?? true, "line \(line ?? 0) of \(lineCount)")
        }
        for skipped in lock.skipped {
            try requirePrintable(skipped.description)
            try requireLine(skipped.line)
        }
        for (left, right) in zip(lock.projects, lock.projects.dropFirst()) {
            try require(left.name < right.name, "\(left.name) stands before \(right.name)")
        }
        for project in lock.projects {
            try require(!project.packages.isEmpty, "\(project.name) has no packages")
            try require(lock[project.name]?.packages == project.packages, "\(project.name) is not found")
            for package in project.packages {
                try require(package.project == project.name, "\(package.project) stands with \(project.name)")
                try requireLine(package.line)
                for file in package.files {
                    try requireLine(file.line)
                    try check(file, of: package, in: project)
                }
                if package.files.isEmpty, let version = package.version {
                    try require(
                        project.selects(filename: "no file of this name", version: version, digests: [:]),
                        "\(project.name) \(version) is locked as a whole, and not meant"
                    )
                }
            }
        }
        // The name of the file leads to the same.
        guard case .success(let again) = read(input, "folder/\(lock.kind)") else {
            throw PropertyViolation(description: "refused as \(lock.kind), which it was taken for")
        }
        try require(again.projects.map(\.packages) == lock.projects.map(\.packages), "the filename changes packages")
    }

    private static func check(
        _ file: LockedFile,
        of package: LockedPackage,
        in project: LockedProject
    ) throws(PropertyViolation) {
        try require(file.filename != nil || !file.digests.isEmpty, "a file of \(project.name) is not named at all")
        try require(
            project.selects(filename: file.filename ?? "x", version: package.version ?? "1", digests: file.digests),
            "\(file.filename ?? "a file") of \(project.name) is locked, and not meant"
        )
        guard let filename = file.filename, let locked = file.digests["sha256"] else { return }
        let all = project.packages.flatMap(\.files).filter { $0.filename == filename }
        let zeros = String(repeating: "0", count: 64)
        guard locked != zeros, all.allSatisfy({ $0.digests["sha256"].map { $0 != zeros } ?? false }) else { return }
        try require(
            !project.selects(filename: filename, version: package.version ?? "1", digests: ["sha256": zeros]),
            "\(filename) is meant with another digest"
        )
    }
}
