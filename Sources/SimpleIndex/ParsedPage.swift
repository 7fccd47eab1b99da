package import Packaging

/// A project's page as it was read, and what of it was left out.
package struct ParsedPage: Sendable, Equatable {
    /// What the page says; every file has a safe name and may be the project's own.
    package var page: ProjectPage
    /// The files left out, in the order of the page.
    package var refusals: [Refusal]
}

extension ProjectPage {
    /// The most files that are read of one page.
    package static let maximumFileCount = 1_000_000

    /// Reads a project's page: JSON (PEP 691) or HTML (PEP 503), up to 256 MiB.
    ///
    /// Lenient where clients are (values such as a size that is a string of digits, `null` for what should
    /// be left out), strict where a wrong guess would lose or mix up files. An HTML page without the
    /// `pypi:repository-version` that PEP 629 wants is believed when it links to a distribution file, or when its title
    /// or heading starts with `Links for`; all else, such as a login page that was answered with 200, is an error: an
    /// index that is not understood must not look like an empty one.
    ///
    /// - Parameters:
    ///   - body: The bytes, without content encoding.
    ///   - contentType: The `Content-Type` of the response, if there was one.
    ///   - base: The URL of the page, after redirects.
    ///   - project: The project that was asked for.
    /// - Returns: The page, and the files on it that were left out.
    /// - Throws: ``PageError`` when nothing of the page can be used.
    package static func parse(
        _ body: [UInt8],
        contentType: String?,
        base: String,
        project: ProjectName
    ) throws(PageError) -> ParsedPage {
        let form = try PageBody(body, contentType: contentType)
        guard let baseLink = try? Link(base: base) else { throw .badBase(base) }
        let collector = FileCollector(project: project, base: baseLink)
        switch form {
        case .json: return try JSONPageReader.read(body, into: collector)
        case .html: return try HTMLPageReader.read(body, into: collector)
        }
    }
}
