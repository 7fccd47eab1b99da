/// Why a text is no requirement of PEP 508.
package enum RequirementError: Error, Hashable, Sendable {
    /// The text does not follow the grammar.
    case syntax(DependencySyntaxError)
    /// What stands for a name is none of a project.
    case name(String, text: String)
    /// One of the clauses is no version specifier.
    case specifier(VersionSpecifierError, text: String)
}

extension RequirementError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .syntax(let error): error.description
        case .name(let name, let text): "'\(text.printable)': '\(name.printable)' is no name of a project"
        case .specifier(let error, let text): "'\(text.printable)': \(error)"
        }
    }
}
