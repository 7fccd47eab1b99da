/// A dependency (PEP 508), such as `requests[socks] >=2.8.1,<3; python_version < "3.13"`.
///
/// Read as the `packaging` library reads it, but that the name has to be one of PEP 508: `packaging` lets it end in `_`.
/// Equal are requirements for the same name, extras, specifier, URL and marker.
package struct Requirement: Hashable, Sendable {
    /// The project.
    package let name: ProjectName
    /// The extras that are asked for.
    package let extras: Set<ExtraName>
    /// The versions that will do; any with a URL.
    package let specifiers: VersionSpecifiers
    /// Where the distribution is, for `name @ url`; not checked.
    package let url: String?
    /// When the dependency is one; `nil` for always.
    package let marker: Marker?

    /// Reads a requirement.
    ///
    /// - Throws: ``RequirementError`` for what is none.
    package static func parse(_ text: some StringProtocol) throws(RequirementError) -> Requirement {
        var parser = RequirementParser(text)
        return try parser.requirement()
    }

    init(
        name: ProjectName,
        extras: Set<ExtraName>,
        specifiers: VersionSpecifiers,
        url: String?,
        marker: Marker?
    ) {
        self.name = name
        self.extras = extras
        self.specifiers = specifiers
        self.url = url
        self.marker = marker
    }
}

extension Requirement: CustomStringConvertible {
    /// The normal form, with normalized names, such as `requests[socks]<3,>=2.8.1; python_version < "3.13"`.
    package var description: String {
        var text = name.normalized
        if !extras.isEmpty { text += "[\(extras.sorted().map(\.normalized).joined(separator: ","))]" }
        text += specifiers.description
        if let url { text += marker == nil ? " @ \(url)" : " @ \(url) " }
        if let marker { text += "; \(marker)" }
        return text
    }
}
