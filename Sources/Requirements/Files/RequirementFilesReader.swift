internal import Packaging
internal import SystemPackage

/// Reads a requirement file and those that it leads to.
struct RequirementFilesReader {
    /// How a file is read.
    enum Mode: Hashable {
        case requirement
        case constraint
    }

    private struct Visit: Hashable {
        let path: FilePath
        let mode: Mode
    }

    /// What was read so far.
    private(set) var result = RequirementFiles()
    private var visits: Set<Visit> = []
    /// The files that lead to the one that is read, by their normalized paths.
    private var chain: [FilePath] = []
    private var byteCount = 0

    /// Reads one file, and at their places those that it names.
    mutating func read(
        _ path: FilePath,
        as mode: Mode,
        contents: (FilePath) throws -> [UInt8]
    ) throws(RequirementFileError) {
        let identity = path.lexicallyNormalized()
        if let start = chain.firstIndex(of: identity) {
            throw RequirementFileError(file: path, line: nil, problem: .cycle(Array(chain[start...]) + [identity]))
        }
        guard visits.insert(Visit(path: identity, mode: mode)).inserted else { return }
        guard chain.count < RequirementFiles.maximumDepth else {
            throw RequirementFileError(file: path, line: nil, problem: .tooDeep)
        }
        guard visits.count <= RequirementFiles.maximumFileCount else {
            throw RequirementFileError(file: path, line: nil, problem: .tooManyFiles)
        }
        chain.append(identity)
        defer { chain.removeLast() }
        let lines = LogicalLine.all(in: try text(of: path, contents: contents))
        if !result.files.contains(path) { result.files.append(path) }
        for line in lines {
            guard let content = RequirementLine(line.text) else {
                throw RequirementFileError(file: path, line: line.number, problem: .brokenQuoting)
            }
            let options: [RequirementOption]
            do throws(RequirementOption.MissingValue) {
                options = try RequirementOption.all(in: content.words)
            } catch {
                throw RequirementFileError(
                    file: path,
                    line: line.number,
                    problem: .missingValue(option: error.option)
                )
            }
            if content.requirement.isEmpty {
                for option in options { try follow(option, of: path, at: line.number, contents: contents) }
            } else {
                try take(content.requirement, options, of: path, at: line.number, as: mode)
            }
        }
    }

    private mutating func text(
        of path: FilePath,
        contents: (FilePath) throws -> [UInt8]
    ) throws(RequirementFileError) -> String {
        func refusal(_ problem: RequirementFileError.Problem) -> RequirementFileError {
            RequirementFileError(file: path, line: nil, problem: problem)
        }
        let bytes: [UInt8]
        do {
            bytes = try contents(path)
        } catch {
            throw refusal(.unreadable("\(error)"))
        }
        byteCount += bytes.count
        guard byteCount <= RequirementFiles.maximumByteCount else { throw refusal(.tooLarge) }
        do throws(RequirementText.Problem) {
            return try RequirementText.decode(bytes)
        } catch {
            switch error {
            case .notText(let encoding): throw refusal(.notText(encoding: encoding))
            case .unknownEncoding(let name): throw refusal(.unknownEncoding(name))
            }
        }
    }

    /// Acts on an option of a line that has no requirement.
    private mutating func follow(
        _ option: RequirementOption,
        of path: FilePath,
        at line: Int,
        contents: (FilePath) throws -> [UInt8]
    ) throws(RequirementFileError) {
        let value = option.value
        func skip(_ text: String, _ reason: SkippedRequirement.Reason) {
            result.skipped.append(
                SkippedRequirement(text: SourceText.shown(text), name: nil, reason: reason, file: path, line: line)
            )
        }
        switch option.action {
        case .requirement, .constraint:
            if let variable = RequirementLine.environmentVariable(in: value) {
                return skip("\(option.spelling) \(value)", .environmentVariable(variable))
            }
            guard let file = Self.file(value, namedIn: path) else {
                return skip("\(option.spelling) \(value)", .remoteFile)
            }
            do throws(RequirementFileError) {
                try read(file, as: option.action == .requirement ? .requirement : .constraint, contents: contents)
            } catch {
                // Of a file that is not there, the line that names it is what people look for.
                guard error.file == file, case .unreadable(let words) = error.problem else { throw error }
                throw RequirementFileError(file: path, line: line, problem: .unreadable(words))
            }
        case .editable: skip(value, .editable)
        case .hash, .other: skip(option.spelling, .option)
        case .unknown: skip(option.spelling, .unknownOption)
        case .word: skip(option.spelling, .strayWord)
        }
    }

    /// The path of a file that another one names; `nil` when it is on no file system.
    private static func file(_ name: String, namedIn path: FilePath) -> FilePath? {
        guard RequirementLine.isURL(name) else { return path.removingLastComponent().pushing(FilePath(name)) }
        guard name.hasPrefix("file:") else { return nil }
        var rest = name.dropFirst(5)
        for host in ["//localhost", "//"] where rest.hasPrefix(host + "/") { rest = rest.dropFirst(host.utf8.count) }
        guard rest.hasPrefix("/"), !rest.hasPrefix("//") else { return nil }
        return SourceText.percentDecoded(rest).map { FilePath($0) }
    }

    /// Takes a line with a requirement.
    private mutating func take(
        _ text: Substring,
        _ options: [RequirementOption],
        of path: FilePath,
        at line: Int,
        as mode: Mode
    ) throws(RequirementFileError) {
        func skip(_ text: String, _ reason: SkippedRequirement.Reason, name: ProjectName? = nil) {
            result.skipped.append(
                SkippedRequirement(text: SourceText.shown(text), name: name, reason: reason, file: path, line: line)
            )
        }
        func refusal(_ problem: RequirementFileError.Problem) -> RequirementFileError {
            RequirementFileError(file: path, line: line, problem: problem)
        }
        if let variable = RequirementLine.environmentVariable(in: text) {
            return skip(String(text), .environmentVariable(variable))
        }
        if let reason = RequirementLine.source(of: text) { return skip(String(text), reason) }
        let requirement: Requirement
        do throws(RequirementError) {
            requirement = try Requirement.parse(text)
        } catch {
            throw refusal(.requirement(error))
        }
        if requirement.url != nil { return skip(String(text), .url, name: requirement.name) }
        var digests: [FileDigest] = []
        for option in options {
            switch option.action {
            case .hash:
                guard let digest = FileDigest(option.value) else { throw refusal(.digest(option.value)) }
                if !digests.contains(digest) { digests.append(digest) }
            case .unknown: skip(option.spelling, .unknownOption)
            case .word: skip(option.spelling, .strayWord)
            case .requirement, .constraint, .editable, .other: skip(option.spelling, .option)
            }
        }
        let stated = StatedRequirement(requirement: requirement, digests: digests, file: path, line: line)
        switch mode {
        case .requirement: result.requirements.append(stated)
        case .constraint: result.constraints.append(stated)
        }
    }
}
