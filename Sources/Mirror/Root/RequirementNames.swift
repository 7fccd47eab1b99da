internal import FileIO
package import Packaging
package import SystemPackage

/// The projects that a requirements file of pip names, whatever the versions it asks for.
///
/// Options are passed over, save `-r`, which leads to further files; so are constraints, which name nothing to install.
package struct RequirementNames: Sendable {
    /// The most files that one file may lead to.
    private static let fileLimit = 100

    /// The projects, in the order of the files, each once.
    package private(set) var names: [ProjectName] = []
    private var seen: Set<ProjectName> = []
    private var files: Set<String> = []

    /// Reads a file and those that it leads to.
    ///
    /// - Parameter path: The file.
    /// - Throws: ``MirrorError/usage(_:)`` for a file that cannot be read, and for a line that names no project.
    package init(readingFile path: FilePath) throws(MirrorError) {
        try read(path, fileSystem: POSIXFileSystem())
    }

    private mutating func read(_ path: FilePath, fileSystem: any FileSystem) throws(MirrorError) {
        guard files.insert(path.string).inserted else { return }
        guard files.count <= Self.fileLimit else {
            throw .usage("\(path): more than \(Self.fileLimit) files lead to each other")
        }
        let text: String
        do throws(FileError) {
            text = String(decoding: try fileSystem.contents(of: path, limit: 1 << 26), as: UTF8.self)
        } catch {
            throw .usage("the requirements cannot be read: \(error)")
        }
        var pending = ""
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            var line = line
            if line.last == "\r" { line.removeLast() }
            if line.last == "\\" {
                pending += line.dropLast()
                continue
            }
            try take(pending + line, at: number + 1, of: path, fileSystem: fileSystem)
            pending = ""
        }
        try take(pending, at: 0, of: path, fileSystem: fileSystem)
    }

    private mutating func take(
        _ line: String,
        at number: Int,
        of path: FilePath,
        fileSystem: any FileSystem
    ) throws(MirrorError) {
        let words = Self.withoutComment(line).split(whereSeparator: \.isWhitespace)
        guard let first = words.first else { return }
        if first.hasPrefix("-") {
            guard let file = Self.includedFile(words) else { return }
            return try read(path.removingLastComponent().pushing(FilePath(file)), fileSystem: fileSystem)
        }
        let name = first.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }
        let rest = first.dropFirst(name.count).first
        guard let project = ProjectName(name), rest.map({ "[=<>!~;@(".contains($0) }) ?? true else {
            throw .usage("\(path):\(number): '\(line)' names no project; a mirror needs names, not paths or URLs")
        }
        if seen.insert(project).inserted { names.append(project) }
    }

    /// A line without its comment: `#` at its start or after white space.
    private static func withoutComment(_ line: String) -> Substring {
        var previous: Character = " "
        for index in line.indices {
            if line[index] == "#", previous.isWhitespace { return line[..<index] }
            previous = line[index]
        }
        return line[...]
    }

    /// The file that a line with `-r` or `--requirement` leads to; `nil` for any other option.
    private static func includedFile(_ words: [Substring]) -> String? {
        for option in ["-r", "--requirement"] {
            if words[0] == option { return words.dropFirst().first.map(String.init) }
            if words[0].hasPrefix(option + "=") { return String(words[0].dropFirst(option.count + 1)) }
        }
        guard words[0].hasPrefix("-r"), words[0].count > 2 else { return nil }
        return String(words[0].dropFirst(2))
    }
}
