package import Digest
internal import JSON
package import Packaging

/// What a bundle says of a project, as a line of `projects.jsonl`; lines are in the order of the projects' keys.
///
///     {"content":"<64 hex>","listed":true,"name":"demo","record":"<64 hex>"}
///     {"name":"gone","removed":true}
package struct BundleProject: Equatable, Sendable {
    /// What there is of a project.
    package struct Shown: Equatable, Sendable {
        /// The digest that its record carries, and is carried under.
        package let record: SHA256Digest
        /// The digest over what its page says.
        package let content: SHA256Digest
        /// Whether the root list names it.
        package let isListed: Bool

        /// What there is of a project.
        package init(record: SHA256Digest, content: SHA256Digest, isListed: Bool) {
            self.record = record
            self.content = content
            self.isListed = isListed
        }
    }

    /// The most bytes that a line may have.
    package static let lineLimit = 1 << 12

    /// The project.
    package let name: ProjectName
    /// What there is of it; `nil` when there is nothing any more.
    package let shown: Shown?

    /// What a bundle says of a project.
    package init(name: ProjectName, shown: Shown?) {
        self.name = name
        self.shown = shown
    }

    /// The line, with what ends it.
    package var line: [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            if let shown {
                writer.member("content", shown.content.hex)
                writer.member("listed", shown.isListed)
                writer.member("name", name.normalized)
                writer.member("record", shown.record.hex)
            } else {
                writer.member("name", name.normalized)
                writer.member("removed", true)
            }
        }
        return writer.bytes + [UInt8(ascii: "\n")]
    }

    /// Reads a line.
    ///
    /// - Throws: ``BundleError/malformed(_:)`` for one that ``line`` does not give.
    package init(line: some Sequence<UInt8>) throws(BundleError) {
        let value = try JSONValue(ofLine: line)
        guard let name = value.project("name") else { throw .malformed("it names no project") }
        self.name = name
        if value["removed"]?.bool == true {
            shown = nil
            return
        }
        guard let record = value.digest("record"), let content = value.digest("content"),
            let isListed = value["listed"]?.bool
        else { throw .malformed("it does not say what there is of \(name)") }
        shown = Shown(record: record, content: content, isListed: isListed)
    }
}
