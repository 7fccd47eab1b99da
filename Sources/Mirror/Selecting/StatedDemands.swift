internal import Configuration
internal import FileIO
internal import Packaging
internal import Requirements
internal import Selection
internal import SystemPackage

/// What requirement and lock files ask for.
struct StatedDemands {
    /// What holds the files.
    let fileSystem: any FileSystem
    /// What is asked for, by project.
    private(set) var demands: [ProjectName: [Demand]] = [:]
    /// What the files name and no index can have, a line each.
    private(set) var notes: [String] = []

    init(fileSystem: any FileSystem) {
        self.fileSystem = fileSystem
    }

    /// Adds what asks for a project.
    mutating func add(_ demand: Demand, for project: ProjectName) {
        demands[project, default: []].append(demand)
    }

    /// Adds what a requirement file of pip asks for, with all files that it leads to.
    ///
    /// Markers are passed over: somebody may install in an environment in which they hold.
    ///
    /// - Throws: `ConfigurationError` for a file that cannot be used.
    mutating func addRequirements(_ stated: Stated<FilePath>) throws(ConfigurationError) {
        let fileSystem = fileSystem
        let files: RequirementFiles
        do throws(RequirementFileError) {
            files = try RequirementFiles.read(stated.value) { path throws(FileError) in
                try fileSystem.contents(of: path, limit: RequirementFiles.maximumByteCount)
            }
        } catch {
            throw Self.refusal("requirements", stated, "\(error)")
        }
        let constraints = Dictionary(grouping: files.constraints, by: \.requirement.name)
        let all = ClosureConstraints(files.constraints)
        for requirement in files.requirements {
            let name = requirement.requirement.name
            let limits = constraints[name] ?? []
            // Extras and markers are what a closure starts from.
            let isPlain = requirement.requirement.extras.isEmpty && requirement.requirement.marker == nil
            let isOpen =
                isPlain
                && ([requirement] + limits).allSatisfy {
                    $0.requirement.specifiers == .any && $0.digests.isEmpty
                }
            let rule = Rule(key: "\(requirement.file.lastComponent?.string ?? "")", place: "line \(requirement.line)")
            let scope = isOpen ? Demand.Scope.everything : .requirement(requirement, constraints: limits)
            add(Demand(scope, by: rule, constraints: all), for: name)
        }
        notes += files.skipped.filter(\.isToTell).map { "\($0); it is not mirrored" }
    }

    /// Adds the files that a lock file locks.
    ///
    /// - Throws: `ConfigurationError` for a file that cannot be used.
    mutating func addLockFile(_ stated: Stated<FilePath>) throws(ConfigurationError) {
        let name = stated.value.lastComponent?.string ?? stated.value.string
        let bytes: [UInt8]
        do throws(FileError) {
            bytes = try fileSystem.contents(of: stated.value, limit: LockedFiles.maximumByteCount)
        } catch {
            throw Self.refusal("lock-files", stated, "\(error)")
        }
        let locked: LockedFiles
        do throws(LockFileError) {
            locked = try LockedFiles.parse(bytes, file: name)
        } catch {
            throw Self.refusal("lock-files", stated, "\(error)")
        }
        for project in locked.projects {
            let line = project.packages.first?.line.map { "line \($0)" }
            add(Demand(.locked(project), by: Rule(key: name, place: line)), for: project.name)
        }
        for skipped in locked.skipped {
            if case .ownProject = skipped.reason { continue }
            notes.append("\(name)\(skipped.line.map { ":\($0)" } ?? ""): \(skipped); it is not mirrored")
        }
    }

    private static func refusal(_ key: String, _ stated: Stated<FilePath>, _ reason: String) -> ConfigurationError {
        ConfigurationError([
            ConfigurationProblem(
                file: MirrorFiles.configurationName,
                line: stated.line,
                message: "'\(key)': \(reason)"
            )
        ])
    }
}

extension SkippedRequirement {
    /// Whether something is left out that somebody may expect; options say how to install, not what.
    fileprivate var isToTell: Bool {
        switch reason {
        case .option, .strayWord: false
        case .editable, .url, .path, .remoteFile, .environmentVariable, .unknownOption: true
        }
    }
}
