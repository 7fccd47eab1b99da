package import Digest
internal import JSON
internal import Packaging
internal import SimpleIndex

/// A record as canonical JSON: members in the order of their names, absent ones left out, and the digest of the record
/// beside it.
///
///     {"record":{…},"sha256":"<of the bytes of the record>"}
extension ProjectRecord {
    /// The version of the format, refused by programs that do not know it.
    static let format: UInt64 = 1
    private static let prefix = #"{"record":"#
    private static let infix = #","sha256":""#
    private static let suffix = "\"}\n"

    /// The bytes of the record, and the digest that they carry.
    ///
    /// - Throws: ``DigestError`` when OpenSSL cannot provide SHA-256.
    package func encoded() throws(DigestError) -> (bytes: [UInt8], digest: SHA256Digest) {
        var writer = JSONWriter()
        write(to: &writer)
        let record = writer.bytes
        let digest = try SHA256Digest.hash(record)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(record.count + 100)
        bytes += Self.prefix.utf8
        bytes += record
        bytes += Self.infix.utf8
        bytes += digest.hex.utf8
        bytes += Self.suffix.utf8
        return (bytes, digest)
    }

    /// The record of these bytes, and the digest that they carry and match.
    ///
    /// - Throws: ``RecordError`` for bytes that ``encoded()`` did not make.
    package static func decode(_ bytes: [UInt8]) throws(RecordError) -> (record: ProjectRecord, digest: SHA256Digest) {
        let tailCount = infix.utf8.count + 64 + suffix.utf8.count
        guard bytes.count > prefix.utf8.count + tailCount, bytes.starts(with: prefix.utf8) else {
            throw .malformed("it does not start and end as a record")
        }
        let record = bytes[prefix.utf8.count..<(bytes.count - tailCount)]
        let tail = bytes.suffix(tailCount)
        guard tail.starts(with: infix.utf8), tail.suffix(suffix.utf8.count).elementsEqual(suffix.utf8),
            case let hex = String(decoding: tail.dropFirst(infix.utf8.count).prefix(64), as: UTF8.self),
            let claimed = SHA256Digest(hex: hex), claimed.hex == hex
        else { throw .malformed("it carries no digest") }
        do {
            let found = try SHA256Digest.hash(record)
            guard found == claimed else { throw RecordError.wrongDigest(expected: claimed, found: found) }
            let document = try JSONDocument(Array(record))
            return (try ProjectRecord(from: document.root), found)
        } catch let error as RecordError {
            throw error
        } catch {
            throw .malformed("\(error)")
        }
    }

    private func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.arrayMember("files", of: files) { $1.write(to: &$0) }
            writer.member("firstSeen", firstSeen)
            writer.member("format", Self.format)
            writer.member("name", name.normalized)
            writer.member("page", page)
            if !refusals.isEmpty {
                writer.arrayMember("refusals", of: refusals) { writer, refusal in
                    writer.object { writer in
                        writer.member("filename", refusal.filename)
                        writer.member("reason", refusal.reason)
                    }
                }
            }
            if let removal {
                writer.objectMember("removal") { writer in
                    writer.member("cause", removal.cause.rawValue)
                    writer.member("time", removal.time)
                }
            }
            writer.member("serial", serial)
            if let status {
                writer.objectMember("status") { writer in
                    writer.member("reason", status.reason)
                    writer.member("status", status.marker.rawValue)
                }
            }
            writer.arrayMember("versions", of: versions) { $0.string($1) }
        }
    }
}
