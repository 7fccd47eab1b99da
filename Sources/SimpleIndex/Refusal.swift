package import Packaging

/// A file on a page that is left out, and why.
package struct Refusal: Sendable, Equatable {
    /// Why a file is left out.
    package enum Reason: Sendable, Equatable {
        /// It belongs to another project.
        case foreign(owner: ProjectName)
        /// Its name may not become the name of a file here.
        case unsafeName(FilenameSafety.Violation)
        /// Its entry lacks what every entry has.
        case malformed(String)
        /// Its link is none that can be followed.
        case badLink(LinkError)
        /// Its link ends in another name.
        case nameDiffersFromLink(String)
        /// The same filename came before on the page, with another digest.
        case duplicate
    }

    /// The filename, or what stands in its place, safe to print.
    package let filename: String
    /// Why it is left out.
    package let reason: Reason

    init(_ filename: String, _ reason: Reason) {
        self.filename = filename.printable
        self.reason = reason
    }
}

extension Refusal: CustomStringConvertible {
    package var description: String { "\(filename): \(reason)" }
}

extension Refusal.Reason: CustomStringConvertible {
    package var description: String {
        switch self {
        case .foreign(let owner): "belongs to the project \(owner)"
        case .unsafeName(let violation): "its name \(violation)"
        case .malformed(let what): what
        case .badLink(let error): error.description
        case .nameDiffersFromLink(let name): "its link ends in another name, '\(name.printable)'"
        case .duplicate: "came before on the page with another digest"
        }
    }
}
