package import Packaging

/// `projects.txt`: the projects that `add` and `remove` edit, one name a line.
package typealias ProjectList = LineList<ProjectName>

extension ProjectName: ListEntry {
    package static var plural: String { "names of projects" }

    package init(listed text: String) throws(ListEntryError) {
        guard let name = ProjectName(text) else { throw ListEntryError(description: Self.complaint(about: text)) }
        self = name
    }

    package var listed: String { normalized }

    /// Why a text is no name, and what to write instead.
    static func complaint(about text: String) -> String {
        let shown = text.count > 80 ? text.prefix(80) + "…" : text[...]
        let rule = "names have ASCII letters and digits, with '-', '_' or '.' between them"
        if text.contains("*") || text.contains("?") {
            return "'\(shown)' is a pattern, which belongs under [select] projects in larder.toml"
        }
        let stem = text.prefix { !"[<>=!~;@( \t".contains($0) }
        if !stem.isEmpty, stem.count < text.count, let name = ProjectName(stem) {
            return "'\(shown)' is not the name of a project; write '\(name)', without versions, extras or markers"
        }
        return "'\(shown)' is not the name of a project; \(rule)"
    }

    /// Why a text is no pattern of names, and what to write instead.
    static func complaint(aboutPattern text: String) -> String {
        guard text.contains("*") || text.contains("?") else { return complaint(about: text) }
        let shown = text.count > 80 ? text.prefix(80) + "…" : text[...]
        return "'\(shown)' is no pattern of names; beside letters, digits, '-', '_' and '.' it may hold '*' and '?'"
    }
}

extension ProjectList {
    /// The names in the order of the list, each once.
    package var names: [ProjectName] { statements.map(\.entry) }
}
