package import Packaging
package import SystemPackage

/// Something in a requirement file that names nothing of an index, or that we do not act upon.
package struct SkippedRequirement: Hashable, Sendable {
    /// Why it is skipped.
    package enum Reason: Hashable, Sendable {
        /// A project that is installed from where it lies (`-e`).
        case editable
        /// A URL, or a requirement with one (`name @ url`).
        case url
        /// A file or folder.
        case path
        /// A further file (`-r`, `-c`) that is not on this machine.
        case remoteFile
        /// An environment variable, which pip replaces by its value and we do not.
        case environmentVariable(String)
        /// An option of pip that is about how to install, not what.
        case option
        /// An option that pip does not have.
        case unknownOption
        /// A word among the options of a line, which pip passes over too.
        case strayWord
    }

    /// What is skipped: printable, and without credentials.
    ///
    /// Of options it is only the name.
    package let text: String
    /// The project, where a requirement names one beside its URL.
    package let name: ProjectName?
    /// Why it is skipped.
    package let reason: Reason
    /// The file.
    package let file: FilePath
    /// The line, counted from 1.
    package let line: Int
}

extension SkippedRequirement.Reason: CustomStringConvertible {
    package var description: String {
        switch self {
        case .editable: "is installed from where it lies, not from an index"
        case .url: "comes from a URL, not from an index"
        case .path: "comes from a path, not from an index"
        case .remoteFile: "is not on this machine; download it and name the copy"
        case .environmentVariable(let name): "depends on the environment variable \(name), which is not looked up"
        case .option: "says how to install, not what"
        case .unknownOption: "is no option of pip"
        case .strayWord: "stands among options and means nothing"
        }
    }
}

extension SkippedRequirement: CustomStringConvertible {
    package var description: String { "\(file):\(line): '\(text)' \(reason)" }
}
