internal import Digest
internal import JSON
internal import Packaging

/// What is told beside bytes in quarantine: what they are, what was wrong with them and what was done.
struct QuarantineStory: Sendable {
    /// A file of a project that needs the object.
    struct Use: Hashable, Sendable {
        let project: ProjectName
        /// The filename, with the suffix of a companion behind it.
        let file: String
    }

    /// What was quarantined; `nil` for a record.
    var object: SHA256Digest?
    /// The class of the finding.
    var kind: Finding.Class
    /// What was expected and what was found.
    var detail: String
    /// What needs it.
    var uses: [Use]
    /// Where it was, below the root.
    var path: String
    /// When, in seconds since 1970.
    var time: Int64
    /// What was to be done next.
    var outcome: RepairOutcome

    /// The bytes of the story, a line of JSON.
    var bytes: [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("class", kind.rawValue)
            writer.member("detail", detail)
            writer.member("file", uses.first?.file)
            writer.member("object", object?.hex)
            writer.member("outcome", outcome.rawValue)
            writer.member("path", path)
            writer.member("project", uses.first?.project.normalized)
            writer.member("time", time)
            writer.arrayMember("uses", of: uses) { writer, use in
                writer.object { writer in
                    writer.member("file", use.file)
                    writer.member("project", use.project.normalized)
                }
            }
        }
        return writer.bytes + [UInt8(ascii: "\n")]
    }

    /// The files that a story says need its object; none when it cannot be read as one.
    static func uses(in bytes: [UInt8]) -> [Use] {
        guard let document = try? JSONDocument(bytes), let uses = document.root["uses"] else { return [] }
        return uses.array.compactMap { use in
            guard let project = use["project"]?.string.flatMap({ ProjectName($0) }), let file = use["file"]?.string
            else { return nil }
            return Use(project: project, file: file)
        }
    }
}
