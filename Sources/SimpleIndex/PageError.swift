package import JSON
package import Packaging

/// Why a response is not a page that can be used; nothing of it is.
package enum PageError: Error, Equatable, Sendable {
    /// There is nothing in it, or white space only.
    case emptyBody
    /// It is larger than what is read.
    case tooLarge(bytes: Int, limit: Int)
    /// It lists more files or links than are read.
    case tooManyFiles(limit: Int)
    /// It is said to be JSON, and is not.
    case notJSON(JSONError)
    /// It is said to be HTML, and cannot be read as such.
    case notHTML(reason: String)
    /// It is neither JSON nor HTML.
    case unknownType(contentType: String)
    /// It follows a major version of the simple API that came after 1.
    case unsupportedVersion(String)
    /// It is the page of another project.
    case wrongProject(expected: ProjectName, found: String)
    /// It is JSON or HTML, but no page of the simple API: an error page that was answered with 200, for instance.
    case notSimplePage(reason: String)
    /// The URL that its links are relative to cannot be read.
    case badBase(String)
}

extension PageError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .emptyBody: "the page is empty"
        case .tooLarge(let bytes, let limit): "the page has \(bytes) bytes, more than \(limit)"
        case .tooManyFiles(let limit): "the page lists more than \(limit) files"
        case .notJSON(let error): "the page is \(error)"
        case .notHTML(let reason): "the page is no HTML that can be read: \(reason.printable)"
        case .unknownType(let type): "the page is of the type '\(type.printable)', neither JSON nor HTML"
        case .unsupportedVersion(let version):
            "the page follows version \(version.printable) of the simple API; versions 1.x are understood"
        case .wrongProject(let expected, let found):
            "the page is that of '\(found.printable)', not of '\(expected)'"
        case .notSimplePage(let reason): "the page is none of the simple API: \(reason)"
        case .badBase(let base): "links cannot be relative to '\(base.printable)'"
        }
    }
}
