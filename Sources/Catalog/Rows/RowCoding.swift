internal import CZlib
internal import Digest

/// A row that knows its bytes.
package protocol Row: Sendable {
    /// Adds the fields to an encoder.
    func encode(into encoder: inout RowEncoder)
    /// Takes the fields from a decoder, in the order in which they were added; `nil` when they cannot be.
    init?(from decoder: inout RowDecoder)
}

/// The bytes of a row: integers with their most significant byte first, texts after their length.
package struct RowEncoder {
    private(set) var bytes: [UInt8] = []

    mutating func append(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func append(_ value: Bool) {
        bytes.append(value ? 1 : 0)
    }

    mutating func append(_ text: String) {
        let text = text.utf8.prefix(Int(UInt16.max))
        append(UInt16(text.count))
        bytes.append(contentsOf: text)
    }

    mutating func append(_ text: String?) {
        append(text != nil)
        if let text { append(text) }
    }

    mutating func append(_ digest: SHA256Digest?) {
        append(digest != nil)
        if let digest { bytes.append(contentsOf: digest.bytes) }
    }

    mutating func append(_ key: some TableKey) {
        bytes.append(contentsOf: key.bytes)
    }
}

/// Takes the fields of a row from its bytes; everything after the first field that is not there is `nil`.
package struct RowDecoder {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) {
        rest = bytes
    }

    /// Whether all bytes have been taken.
    var isAtEnd: Bool { rest.isEmpty }

    mutating func bytes(_ count: Int) -> ArraySlice<UInt8>? {
        guard rest.count >= count else { return nil }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }

    mutating func integer<Value: FixedWidthInteger>(_: Value.Type = Value.self) -> Value? {
        bytes(Value.bitWidth / 8)?.reduce(Value.zero) { $0 << 8 | Value(truncatingIfNeeded: $1) }
    }

    mutating func bool() -> Bool? {
        switch integer(UInt8.self) {
        case 0: false
        case 1: true
        default: nil
        }
    }

    mutating func text() -> String? {
        guard let count = integer(UInt16.self), let text = bytes(Int(count)) else { return nil }
        return String(decoding: text, as: UTF8.self)
    }

    mutating func optionalText() -> String?? {
        guard let isThere = bool() else { return nil }
        guard isThere else { return .some(nil) }
        return text().map { .some($0) }
    }

    mutating func digest() -> SHA256Digest? {
        bytes(SHA256Digest.byteCount).flatMap { SHA256Digest(bytes: $0) }
    }

    mutating func optionalDigest() -> SHA256Digest?? {
        guard let isThere = bool() else { return nil }
        guard isThere else { return .some(nil) }
        return digest().map { .some($0) }
    }

    mutating func key<Key: TableKey>(_: Key.Type = Key.self, byteCount: Int) -> Key? {
        bytes(byteCount).flatMap { Key(bytes: $0) }
    }
}

extension Row {
    /// The bytes to store under a key: the fields and a CRC-32 over key and fields, since LMDB 0.9 has none of its own.
    func sealed(for key: [UInt8]) -> [UInt8] {
        var encoder = RowEncoder()
        encode(into: &encoder)
        let sum = checksum(of: key, encoder.bytes[...])
        encoder.append(sum)
        return encoder.bytes
    }

    /// The row of stored bytes; `nil` when they do not match their checksum or have other fields.
    init?(sealed bytes: [UInt8], for key: [UInt8]) {
        guard bytes.count >= 4 else { return nil }
        var sum = RowDecoder(bytes.suffix(4))
        let fields = bytes.dropLast(4)
        guard sum.integer(UInt32.self) == checksum(of: key, fields) else { return nil }
        var decoder = RowDecoder(fields)
        self.init(from: &decoder)
        guard decoder.isAtEnd else { return nil }
    }
}

/// The CRC-32 of a key and the fields under it.
private func checksum(of key: [UInt8], _ fields: ArraySlice<UInt8>) -> UInt32 {
    let sum = key.withUnsafeBufferPointer { crc32(0, $0.baseAddress, UInt32($0.count)) }
    return fields.withUnsafeBufferPointer { UInt32(truncatingIfNeeded: crc32(sum, $0.baseAddress, UInt32($0.count))) }
}
