import JSON
import Mirror

extension FailureList {
    /// Writes how many there are, and those that are listed.
    func write(to writer: inout JSONWriter) {
        writer.member("failed", count)
        writer.arrayMember("failures", of: listed) { $1.write(to: &$0) }
    }

    /// How many there are, in words.
    var text: String {
        let some = listed.count < count ? "of which \(Quantity.count(listed.count)) are " : ""
        return "\(Quantity.of(count, "failure")), \(some)listed above"
    }
}
