import JSON
import Publication

extension LinkConversion {
    /// Writes the members of the report.
    func write(to writer: inout JSONWriter) {
        writer.member("kind", kind.rawValue)
        writer.member("converted", names)
        writer.member("bytes", bytes)
        writer.member("left", problems.count)
    }

    /// What was done, in one line.
    var line: String {
        let room = bytes > 0 ? ", which take \(Quantity.bytes(bytes))" : ""
        let rest = problems.isEmpty ? "" : "; \(Quantity.of(problems.count, "other")) could not be"
        return "link = \"\(kind.rawValue)\": \(Quantity.of(names, "name")) of packages converted\(room)\(rest)"
    }

    /// How far it is, in one line.
    var progressLine: String {
        "making packages \(kind.rawValue): \(Quantity.decimal(share * 100, digits: 0)) % · \(Quantity.of(names, "name"))"
            + (bytes > 0 ? " · \(Quantity.bytes(bytes))" : "")
    }
}
