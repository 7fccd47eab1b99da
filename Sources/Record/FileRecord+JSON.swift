internal import Digest
internal import JSON
internal import Packaging
internal import SimpleIndex

extension FileRecord {
    /// Writes the file as an object, members in the order of their names.
    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            switch coreMetadata {
            case nil: break
            case .available: writer.member("coreMetadata", "")
            case .digest(let digest): writer.member("coreMetadata", digest.hex)
            }
            writer.member("filename", filename)
            writer.member("firstSeen", firstSeen)
            writer.objectMember("hashes") { writer in
                for (algorithm, digest) in hashes.sorted(by: { $0.key < $1.key }) { writer.member(algorithm, digest) }
            }
            if isDigestOurs { writer.member("isDigestOurs", true) }
            if isSizeOurs { writer.member("isSizeOurs", true) }
            writer.member("path", path)
            writer.member("provenance", provenance)
            write(.provenance, to: &writer)
            writer.member("requiresPython", requiresPython)
            writer.member("sha256", sha256?.hex)
            write(.sidecar, to: &writer)
            writer.member("size", size)
            switch state {
            case .present: writer.member("state", "present")
            case .known: writer.member("state", "known")
            case .missing: writer.member("state", "missing")
            case .excluded: writer.member("state", "excluded")
            case .removed: writer.member("state", "removed")
            }
            switch state {
            case .present, .known: break
            case .missing(let reason): writer.member("stateDetail", reason)
            case .excluded(let rule): writer.member("stateDetail", rule)
            case .removed(let time): writer.member("stateTime", time)
            }
            writer.member("uploadTime", uploadTime)
            writer.member("url", url)
            writer.member("withheldUntil", withheldUntil)
            if let yank { writer.member("yanked", yank.reason ?? "") }
        }
    }

    private func write(_ kind: CompanionKind, to writer: inout JSONWriter) {
        let (names, companion) = (kind.memberNames, self[kind])
        writer.member(names.object, companion.object?.hex)
        switch companion.problem {
        case nil: break
        case .missing(let reason): writer.member(names.missing, reason)
        case .refused(let reason): writer.member(names.refused, reason)
        }
    }

    /// Reads what ``write(to:)`` wrote.
    init(from value: JSONValue) throws(RecordError) {
        let filename = try value.text("filename")
        guard let firstSeen = value["firstSeen"]?.integer else {
            throw .malformed("\(filename.printable) was never seen")
        }
        self.init(
            filename: filename,
            url: try value.text("url"),
            firstSeen: firstSeen,
            state: try FileState(from: value)
        )
        if let hashes = value["hashes"] {
            for (algorithm, digest) in hashes.object { self.hashes[algorithm] = digest.string }
        }
        sha256 = try value.digest("sha256")
        isDigestOurs = value["isDigestOurs"]?.bool ?? false
        size = value["size"]?.unsigned
        isSizeOurs = value["isSizeOurs"]?.bool ?? false
        uploadTime = value["uploadTime"]?.string
        requiresPython = value["requiresPython"]?.string
        yank = value["yanked"]?.string.map { Yank(reason: $0.isEmpty ? nil : $0) }
        if let claim = value["coreMetadata"]?.string {
            coreMetadata = SHA256Digest(hex: claim).map { .digest($0) } ?? .available
        }
        provenance = value["provenance"]?.string
        withheldUntil = value["withheldUntil"]?.integer
        path = value["path"]?.string
        for kind in CompanionKind.allCases { self[kind] = try Companion(from: value, kind.memberNames) }
    }
}

extension FileState {
    fileprivate init(from value: JSONValue) throws(RecordError) {
        let detail = value["stateDetail"]?.string ?? ""
        switch try value.text("state") {
        case "present": self = .present
        case "known": self = .known
        case "missing": self = .missing(reason: detail)
        case "excluded": self = .excluded(rule: detail)
        case "removed": self = .removed(at: value["stateTime"]?.integer ?? 0)
        case let other: throw .malformed("a file has the state \(other.printable)")
        }
    }
}

extension CompanionKind {
    /// The members of a file that tell of one companion.
    fileprivate struct MemberNames {
        let object: String
        let missing: String
        let refused: String
    }

    fileprivate var memberNames: MemberNames {
        switch self {
        case .sidecar: .init(object: "sidecar", missing: "sidecarMissing", refused: "sidecarRefused")
        case .provenance:
            .init(object: "provenanceDocument", missing: "provenanceMissing", refused: "provenanceRefused")
        }
    }
}

extension Companion {
    fileprivate init(from value: JSONValue, _ names: CompanionKind.MemberNames) throws(RecordError) {
        self.init(object: try value.digest(names.object))
        if let reason = value[names.refused]?.string {
            problem = .refused(reason: reason)
        } else if let reason = value[names.missing]?.string {
            problem = .missing(reason: reason)
        }
    }
}

extension JSONValue {
    /// The text of a member that has to be there.
    func text(_ name: String) throws(RecordError) -> String {
        guard let text = self[name]?.string else { throw .malformed("a member `\(name)` is missing") }
        return text
    }

    /// The digest of a member that may be there.
    func digest(_ name: String) throws(RecordError) -> SHA256Digest? {
        guard let text = self[name]?.string else { return nil }
        guard let digest = SHA256Digest(hex: text) else { throw .malformed("`\(name)` is no digest") }
        return digest
    }
}
