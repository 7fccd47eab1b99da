internal import Digest
internal import JSON
internal import Packaging

extension JSONValue {
    /// The value of a line.
    init(ofLine line: some Sequence<UInt8>) throws(BundleError) {
        do throws(JSONError) {
            self = try JSONDocument(Array(line)).root
        } catch {
            throw .malformed("it is no JSON: \(error)")
        }
    }

    /// A member that is a digest as we write it; `nil` for anything else.
    func digest(_ key: String) -> SHA256Digest? {
        guard let text = self[key]?.string, let digest = SHA256Digest(hex: text), digest.hex == text else { return nil }
        return digest
    }

    /// A member that is a number of bytes; `nil` for anything else.
    func byteCount(_ key: String) -> UInt64? {
        guard let number = self[key]?.unsigned, number <= BundleBounds.bytes else { return nil }
        return number
    }

    /// A member that counts something; `nil` for anything else.
    func count(_ key: String) -> UInt64? {
        guard let number = self[key]?.unsigned, number <= BundleBounds.count else { return nil }
        return number
    }

    /// A member that is a moment; `nil` for anything else.
    func time(_ key: String) -> Int64? {
        guard let number = self[key]?.integer, BundleBounds.times.contains(number) else { return nil }
        return number
    }

    /// A member that is the normalized name of a project; `nil` for anything else.
    func project(_ key: String) -> ProjectName? {
        guard let text = self[key]?.string, let name = ProjectName(text), name.normalized == text else { return nil }
        return name
    }
}
