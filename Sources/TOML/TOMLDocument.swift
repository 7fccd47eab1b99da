internal import CTOMLPlusPlus

/// A parsed TOML 1.0 document, on toml++.
///
/// The input is validated as a whole: UTF-8, keys, values, nesting of at most ``maximumDepth``. Whatever it is, the
/// process goes on. A document takes up to ten times the size of its text, and all of it is freed with the last value.
package final class TOMLDocument: Sendable {
    /// How deep values may nest.
    package static let maximumDepth = larder_toml_value_limit
    /// How many parts a dotted key may have.
    package static let maximumKeyPartCount = larder_toml_key_limit

    // Written once here and never changed: toml++'s tree is only read after parsing, so any thread may do so.
    private nonisolated(unsafe) let handle: OpaquePointer

    /// Parses bytes, which are copied; a byte order mark is allowed.
    ///
    /// - Throws: ``TOMLError`` when they are not TOML in UTF-8, or nest too deep.
    package convenience init(_ bytes: [UInt8]) throws(TOMLError) {
        let parsed = bytes.withUnsafeBufferPointer { Self.parse($0) }
        try self.init(parsed.get())
    }

    /// Parses a text.
    ///
    /// - Throws: ``TOMLError`` when it is not TOML, or nests too deep.
    package convenience init(_ text: String) throws(TOMLError) {
        var text = text
        let parsed = text.withUTF8 { Self.parse($0) }
        try self.init(parsed.get())
    }

    private init(_ handle: OpaquePointer) {
        self.handle = handle
    }

    deinit {
        larder_toml_free(handle)
    }

    /// The table that the document is.
    package var root: TOMLTable {
        TOMLTable(document: self, node: larder_toml_root(handle))
    }

    private static func parse(_ bytes: UnsafeBufferPointer<UInt8>) -> Result<OpaquePointer, TOMLError> {
        var error = larder_toml_error()
        guard let handle = larder_toml_parse(bytes.baseAddress, bytes.count, &error) else {
            return .failure(TOMLError(error))
        }
        return .success(handle)
    }
}
