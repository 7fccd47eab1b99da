package import Packaging
internal import Transfer

/// Something that a sync could not do, as its report lists it (I7).
package struct Failure: Equatable, Sendable {
    /// The project; `nil` for what concerns the whole run.
    package var project: ProjectName?
    /// The file of the project; `nil` for the project's page.
    package var file: String?
    /// The URL that was asked for, without credentials.
    package var url: String?
    /// What went wrong and what was kept, in one line.
    package var reason: String
    /// How many times it was tried in this run.
    package var attempts: Int

    /// A failure.
    package init(project: ProjectName?, file: String? = nil, url: String? = nil, reason: String, attempts: Int = 1) {
        self.project = project
        self.file = file
        self.url = url
        self.reason = reason
        self.attempts = attempts
    }

    /// The failure of a transfer.
    init(project: ProjectName?, file: String? = nil, _ error: TransferError) {
        self.init(project: project, file: file, url: error.url, reason: "\(error)", attempts: error.attempts)
    }
}

extension Failure: CustomStringConvertible {
    package var description: String {
        let subject = [project?.normalized, file].compactMap { $0 }.joined(separator: " ")
        return subject.isEmpty ? reason : "\(subject): \(reason)"
    }
}
