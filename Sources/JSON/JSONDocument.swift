internal import CSimdJSON

/// A parsed JSON document (RFC 8259), on simdjson's DOM interface.
///
/// The input is validated as a whole: UTF-8, numbers, strings, nesting of at most ``maximumDepth``. Integers beyond 64
/// bits are an error. A document takes up to ten times the size of its text while it lives.
package final class JSONDocument: Sendable {
    /// How deep arrays and objects may nest.
    package static let maximumDepth = 64

    // Written once here and never changed: simdjson's tape is read-only after parsing, so any thread may read it.
    private nonisolated(unsafe) let handle: OpaquePointer

    /// Parses bytes, which are copied.
    ///
    /// - Throws: ``JSONError`` when they are not one JSON value, or nest too deep.
    package convenience init(_ bytes: [UInt8]) throws(JSONError) {
        let parsed = bytes.withUnsafeBytes { Self.parse($0) }
        try self.init(parsed.get())
    }

    /// Parses bytes in memory that need live only during the call.
    ///
    /// - Throws: ``JSONError`` when they are not one JSON value, or nest too deep.
    package convenience init(_ bytes: UnsafeRawBufferPointer) throws(JSONError) {
        try self.init(Self.parse(bytes).get())
    }

    private init(_ handle: OpaquePointer) {
        self.handle = handle
    }

    deinit {
        larder_json_free(handle)
    }

    /// The value that the document is.
    package var root: JSONValue {
        JSONValue(document: self, value: larder_json_root(handle))
    }

    private static func parse(_ bytes: UnsafeRawBufferPointer) -> Result<OpaquePointer, JSONError> {
        var code: Int32 = 0
        let handle = withExtendedLifetime(bytes) {
            larder_json_parse(bytes.assumingMemoryBound(to: UInt8.self).baseAddress, bytes.count, maximumDepth, &code)
        }
        guard let handle else { return .failure(JSONError(code: code)) }
        return .success(handle)
    }
}
