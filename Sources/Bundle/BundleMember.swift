package import Digest
internal import JSON
package import Packaging

/// One member of a volume, as a line of the volume's manifest says it.
///
///     {"object":"<64 hex>","project":"demo","size":12}
///     {"project":"demo","record":"<64 hex>","size":12}
///     {"object":"<64 hex>","offset":0,"part":"<64 hex>","project":"demo","size":12,"total":40}
package struct BundleMember: Equatable, Sendable {
    /// What a member holds.
    package enum Content: Equatable, Sendable {
        /// An object.
        case object(SHA256Digest)
        /// The record of a project.
        case record(SHA256Digest)
        /// A part, with a digest of its own, of an object that no volume has room for as a whole.
        case part(SHA256Digest, of: SHA256Digest, offset: UInt64, total: UInt64)
    }

    /// The most bytes that a line may have.
    package static let lineLimit = 1 << 12

    /// What it holds.
    package let content: Content
    /// How many bytes it has.
    package let size: UInt64
    /// The project that it is of; of an object that several refer to, one of them.
    package let project: ProjectName

    /// A member.
    package init(_ content: Content, size: UInt64, project: ProjectName) {
        self.content = content
        self.size = size
        self.project = project
    }

    /// The digest of its bytes, which its name tells too.
    package var digest: SHA256Digest {
        switch content {
        case .object(let digest), .record(let digest), .part(let digest, _, _, _): digest
        }
    }

    /// Its name in the archive: `objects/ab/cd/<64 hex>`, `records/…` or `parts/…`.
    package var name: String {
        let folder =
            switch content {
            case .object: "objects"
            case .record: "records"
            case .part: "parts"
            }
        let hex = digest.hex
        return "\(folder)/\(hex.prefix(2))/\(hex.dropFirst(2).prefix(2))/\(hex)"
    }

    /// The line, with what ends it.
    package var line: [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            switch content {
            case .object(let digest):
                writer.member("object", digest.hex)
                writer.member("project", project.normalized)
                writer.member("size", size)
            case .record(let digest):
                writer.member("project", project.normalized)
                writer.member("record", digest.hex)
                writer.member("size", size)
            case .part(let digest, let object, let offset, let total):
                writer.member("object", object.hex)
                writer.member("offset", offset)
                writer.member("part", digest.hex)
                writer.member("project", project.normalized)
                writer.member("size", size)
                writer.member("total", total)
            }
        }
        return writer.bytes + [UInt8(ascii: "\n")]
    }

    /// Reads a line.
    ///
    /// - Throws: ``BundleError/malformed(_:)`` for one that ``line`` does not give.
    package init(line: some Sequence<UInt8>) throws(BundleError) {
        let value = try JSONValue(ofLine: line)
        guard let size = value.byteCount("size"), let project = value.project("project")
        else { throw .malformed("it names no size or project") }
        self.size = size
        self.project = project
        if let record = value.digest("record") {
            content = .record(record)
        } else if let object = value.digest("object") {
            guard value["part"] != nil else {
                content = .object(object)
                return
            }
            guard let part = value.digest("part"), let offset = value.byteCount("offset"),
                let total = value.byteCount("total"), offset <= total, size <= total - offset
            else { throw .malformed("it is a part of no object") }
            content = .part(part, of: object, offset: offset, total: total)
        } else {
            throw .malformed("it names no object or record")
        }
    }
}
