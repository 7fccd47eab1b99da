import Digest
import Record

/// What holds for records of projects: an input is what a record says, to which its digest is added.
enum RecordProperties {
    static func check(_ input: [UInt8]) throws(PropertyViolation) {
        guard let digest = try? SHA256Digest.hash(input) else {
            throw PropertyViolation(description: "SHA-256 cannot be computed")
        }
        let bytes = Array(#"{"record":"#.utf8) + input + Array(#","sha256":"\#(digest.hex)"}\#n"#.utf8)
        let record: ProjectRecord
        do throws(RecordError) {
            record = try ProjectRecord.decode(bytes).record
        } catch {
            if case .wrongDigest = error { throw PropertyViolation(description: "its digest is not taken: \(error)") }
            return try requirePrintable("\(error)")
        }
        guard let again = try? record.encoded(), let read = try? ProjectRecord.decode(again.bytes).record else {
            throw PropertyViolation(description: "it cannot be read when it is written")
        }
        try require(read == record, "it is another one when it is written and read")
        try require(record.objects == read.objects, "it refers to other objects when it is written and read")
    }
}
