package import Packaging
package import SystemPackage

/// Why a requirement file cannot be read; never a reason to take a part of it.
package struct RequirementFileError: Error, Hashable, Sendable {
    /// What is wrong.
    package enum Problem: Hashable, Sendable {
        /// The file cannot be had; the words are those of who was asked for it.
        case unreadable(String)
        /// The files have more than ``RequirementFiles/maximumByteCount`` bytes together.
        case tooLarge
        /// More than ``RequirementFiles/maximumFileCount`` files lead to each other.
        case tooManyFiles
        /// Files lead from one to the next more than ``RequirementFiles/maximumDepth`` times.
        case tooDeep
        /// The file leads to itself; the files on the way, this one first.
        case cycle([FilePath])
        /// The bytes are not text in this encoding.
        case notText(encoding: String)
        /// A comment names an encoding that we do not read.
        case unknownEncoding(String)
        /// A quote is not closed, or nothing follows a backslash.
        case brokenQuoting
        /// An option that needs a value has none.
        case missingValue(option: String)
        /// A digest after `--hash` is none.
        case digest(String)
        /// A line is neither an option, nor a requirement, nor a URL or path.
        case requirement(RequirementError)
    }

    /// The file.
    package let file: FilePath
    /// The line, counted from 1; `nil` when it is about the whole file.
    package let line: Int?
    /// What is wrong.
    package let problem: Problem
}

extension RequirementFileError: CustomStringConvertible {
    package var description: String {
        "\(file)\(line.map { ":\($0)" } ?? ""): \(problem)"
    }
}

extension RequirementFileError.Problem: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unreadable(let words): "cannot be read: \(words.printable)"
        case .tooLarge: "is larger than \(RequirementFiles.maximumByteCount >> 20) MiB, with all files that lead to it"
        case .tooManyFiles: "leads to more than \(RequirementFiles.maximumFileCount) files"
        case .tooDeep: "is the last of more than \(RequirementFiles.maximumDepth) files that each lead to the next"
        case .cycle(let files): "leads to itself: \(files.map { $0.string.printable }.joined(separator: " → "))"
        case .notText(let encoding): "is not text in \(encoding.printable)"
        case .unknownEncoding(let name):
            "is in the encoding '\(name.printable)'; known are UTF-8, UTF-16 with a mark, ASCII and Latin-1"
        case .brokenQuoting: "has a quote that is not closed, or ends in a backslash"
        case .missingValue(let option): "'\(option.printable)' needs a value"
        case .digest(let text): "'\(text.printable)' is no digest as sha256:…"
        case .requirement(let error): "\(error)"
        }
    }
}
