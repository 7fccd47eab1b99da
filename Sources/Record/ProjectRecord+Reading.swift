internal import JSON
internal import Packaging
internal import SimpleIndex

extension ProjectRecord {
    /// Reads what ``encoded()`` wrote within the envelope.
    init(from value: JSONValue) throws(RecordError) {
        guard let format = value["format"]?.unsigned else { throw .malformed("it has no format") }
        guard format == Self.format else { throw .unknownFormat(format) }
        guard let name = ProjectName(try value.text("name")), let firstSeen = value["firstSeen"]?.integer else {
            throw .malformed("it has no name or was never seen")
        }
        self.init(name: name, page: try value.text("page"), firstSeen: firstSeen)
        serial = value["serial"]?.unsigned
        if let removal = value["removal"] {
            guard let cause = Removal.Cause(rawValue: try removal.text("cause")), let time = removal["time"]?.integer
            else { throw .malformed("its removal has no cause or time") }
            self.removal = Removal(cause: cause, time: time)
        }
        if let status = value["status"] {
            guard let marker = ProjectStatus.Marker(rawValue: try status.text("status")) else {
                throw .malformed("its status has an unknown marker")
            }
            self.status = ProjectStatus(marker: marker, reason: status["reason"]?.string)
        }
        if let versions = value["versions"] {
            self.versions = versions.array.compactMap(\.string)
        }
        if let files = value["files"] {
            self.files.reserveCapacity(files.count)
            for file in files.array { self.files.append(try FileRecord(from: file)) }
        }
        if let refusals = value["refusals"] {
            for refusal in refusals.array {
                self.refusals.append(
                    RefusalRecord(filename: try refusal.text("filename"), reason: try refusal.text("reason"))
                )
            }
        }
    }
}
