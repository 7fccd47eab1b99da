/// Whether bytes are UTF-8.
enum UTF8Validity {
    /// Whether bytes are UTF-8 as a whole.
    static func isValid(_ bytes: [UInt8]) -> Bool {
        (try? UTF8Span(validating: bytes.span)) != nil
    }
}
