internal import CTOMLPlusPlus

/// A value in a ``TOMLDocument``, which it keeps alive; cheap to copy.
package struct TOMLValue: Sendable {
    /// What a value is.
    package enum Kind: Sendable {
        case table
        case array
        case string
        case integer
        case float
        case bool
        /// A day without a time.
        case date
        /// A time without a day.
        case time
        /// A day with a time.
        case dateTime
    }

    private let document: TOMLDocument
    // The document that is kept beside it owns the node, and never changes it.
    private nonisolated(unsafe) let node: OpaquePointer

    init(document: TOMLDocument, node: OpaquePointer) {
        self.document = document
        self.node = node
    }

    /// What the value is.
    package var kind: Kind {
        switch larder_toml_kind_of(node) {
        case larder_toml_table: .table
        case larder_toml_array: .array
        case larder_toml_integer: .integer
        case larder_toml_float: .float
        case larder_toml_bool: .bool
        case larder_toml_date: .date
        case larder_toml_time: .time
        case larder_toml_date_time: .dateTime
        default: .string
        }
    }

    /// Where the value starts.
    ///
    /// For a table of a header that is the header, for one that a dotted key brings in that part of the key.
    package var position: TOMLPosition { TOMLPosition(larder_toml_position_of(node)) }

    /// The text of a string; `nil` for any other kind.
    package var string: String? {
        guard kind == .string else { return nil }
        let text = larder_toml_get_string(node)
        return withExtendedLifetime(document) { String(text) }
    }

    /// An integer; `nil` for all else, also for `12.0` and `"12"`.
    package var integer: Int? { kind == .integer ? Int(larder_toml_get_integer(node)) : nil }

    /// A number with decimals, which may be infinite or none; `nil` for all else, also for an integer.
    package var float: Double? { kind == .float ? larder_toml_get_float(node) : nil }

    /// `true` or `false`; `nil` for any other kind.
    package var bool: Bool? { kind == .bool ? larder_toml_get_bool(node) : nil }

    /// A date, a time or both; `nil` for any other kind.
    package var moment: TOMLMoment? {
        let moment = larder_toml_get_moment(node)
        switch kind {
        case .date: return TOMLMoment(moment, hasDate: true, hasTime: false)
        case .time: return TOMLMoment(moment, hasDate: false, hasTime: true)
        case .dateTime: return TOMLMoment(moment, hasDate: true, hasTime: true)
        default: return nil
        }
    }

    /// The elements of an array; `nil` for any other kind.
    package var array: TOMLArray? { kind == .array ? TOMLArray(document: document, node: node) : nil }

    /// A table; `nil` for any other kind.
    package var table: TOMLTable? { kind == .table ? TOMLTable(document: document, node: node) : nil }
}

extension String {
    /// A text of toml++, which is UTF-8.
    init(_ text: larder_toml_text) {
        self.init(decoding: UnsafeBufferPointer(start: text.bytes, count: text.count), as: UTF8.self)
    }
}
