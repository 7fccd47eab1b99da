internal import CSimdJSON

/// A value in a ``JSONDocument``, which it keeps alive; cheap to copy.
package struct JSONValue: Sendable {
    /// What a value is.
    ///
    /// An integer is a number written without fraction and exponent.
    package enum Kind: Sendable {
        case null
        case bool
        case integer
        case number
        case string
        case array
        case object
    }

    private let document: JSONDocument
    private let value: larder_json_value

    init(document: JSONDocument, value: larder_json_value) {
        self.document = document
        self.value = value
    }

    /// What the value is.
    package var kind: Kind {
        switch larder_json_kind_of(value) {
        case larder_json_null: .null
        case larder_json_bool: .bool
        case larder_json_unsigned, larder_json_signed: .integer
        case larder_json_double: .number
        case larder_json_string: .string
        case larder_json_array: .array
        default: .object
        }
    }

    /// The text of a string; `nil` for any other kind.
    package var string: String? {
        withUTF8 { String(decoding: $0, as: UTF8.self) }
    }

    /// Calls a closure with the bytes of a string, which are not copied; `nil` for any other kind.
    ///
    /// The bytes are UTF-8, except that an escaped lone low surrogate may come as its three bytes.
    package func withUTF8<R>(_ body: (UnsafeBufferPointer<UInt8>) throws -> R) rethrows -> R? {
        guard larder_json_kind_of(value) == larder_json_string else { return nil }
        let text = larder_json_get_string(value)
        return try withExtendedLifetime(document) {
            try body(UnsafeBufferPointer(start: text.bytes, count: text.count))
        }
    }

    /// `true` or `false`; `nil` for any other kind.
    package var bool: Bool? {
        larder_json_kind_of(value) == larder_json_bool ? larder_json_get_bool(value) : nil
    }

    /// An integer that is not negative; `nil` for all else, also for `12.0` and `"12"`.
    package var unsigned: UInt64? {
        switch larder_json_kind_of(value) {
        case larder_json_unsigned: larder_json_get_unsigned(value)
        case larder_json_signed: UInt64(exactly: larder_json_get_signed(value))
        default: nil
        }
    }

    /// An integer that 64 bits with a sign can hold; `nil` for all else.
    package var integer: Int64? {
        switch larder_json_kind_of(value) {
        case larder_json_unsigned: Int64(exactly: larder_json_get_unsigned(value))
        case larder_json_signed: larder_json_get_signed(value)
        default: nil
        }
    }

    /// A number of either kind, rounded to what a `Double` can hold; `nil` for all else.
    package var double: Double? {
        switch larder_json_kind_of(value) {
        case larder_json_unsigned: Double(larder_json_get_unsigned(value))
        case larder_json_signed: Double(larder_json_get_signed(value))
        case larder_json_double: larder_json_get_double(value)
        default: nil
        }
    }

    /// Whether the value is `null`.
    package var isNull: Bool { larder_json_kind_of(value) == larder_json_null }

    /// The member of an object, the first where a name is doubled; `nil` when there is none or this is no object.
    package subscript(key: String) -> JSONValue? {
        var key = key
        var member = larder_json_value()
        let found = key.withUTF8 { larder_json_member(value, $0.baseAddress, $0.count, &member) }
        return found ? JSONValue(document: document, value: member) : nil
    }

    /// The elements of an array; empty for any other kind.
    package var array: JSONArray {
        JSONArray(document: document, cursor: larder_json_elements(value))
    }

    /// The members of an object, in the order of the document; empty for any other kind.
    package var object: JSONObject {
        JSONObject(document: document, cursor: larder_json_members(value))
    }

    /// The number of elements or members, 0 for other kinds; not counted beyond 16,777,215.
    package var count: Int { larder_json_count(value) }
}
