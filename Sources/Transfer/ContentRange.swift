/// Which part of a whole an answer holds, as its `Content-Range` says (RFC 9110, section 14.4).
package struct ContentRange: Equatable {
    /// The first byte.
    package let first: UInt64
    /// The last byte.
    package let last: UInt64
    /// The size of the whole; `nil` when the server does not say.
    package let size: UInt64?

    /// Reads `bytes 5-9/10`; `nil` for anything else.
    package init?(_ text: String) {
        let words = text.split(separator: " ", maxSplits: 1)
        guard words.count == 2, words[0].lowercased() == "bytes" else { return nil }
        let halves = words[1].split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard halves.count == 2 else { return nil }
        let ends = halves[0].split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard ends.count == 2, let first = Self.number(ends[0]), let last = Self.number(ends[1]), first <= last,
            last < .max
        else { return nil }
        if halves[1] == "*" {
            size = nil
        } else {
            guard let whole = Self.number(halves[1]), last < whole else { return nil }
            size = whole
        }
        (self.first, self.last) = (first, last)
    }

    /// A number as HTTP writes it: digits alone.
    private static func number(_ text: Substring) -> UInt64? {
        text.utf8.allSatisfy { (48...57).contains($0) } ? UInt64(text) : nil
    }
}
