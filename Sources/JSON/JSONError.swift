internal import CSimdJSON

/// Why bytes are not JSON that we read.
package struct JSONError: Error, Equatable, Sendable {
    /// What is wrong, in simdjson's words.
    package let message: String
    /// Where, in bytes from the start; `nil` where simdjson does not tell.
    package let offset: Int?

    /// An error with a text of one's own.
    package init(message: String, offset: Int? = nil) {
        self.message = message
        self.offset = offset
    }

    init(code: Int32, offset: Int? = nil) {
        self.init(message: larder_json_message(code).map { String(cString: $0) } ?? "error \(code)", offset: offset)
    }
}

extension JSONError: CustomStringConvertible {
    package var description: String {
        guard let offset else { return "not JSON that can be read: \(message)" }
        return "not JSON that can be read: \(message) (at byte \(offset))"
    }
}
