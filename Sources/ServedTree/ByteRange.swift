/// The part of a file that a client asks for (RFC 9110, section 14.2).
package enum ByteRange: Equatable, Sendable {
    /// All of it: nothing else is asked for, or nothing that is understood.
    case whole
    /// These bytes.
    case part(Range<UInt64>)
    /// None of it: what is asked for lies behind the end.
    case unsatisfiable

    /// Reads a `Range` header.
    ///
    /// A client that asks for several ranges gets the whole, which it has to expect.
    ///
    /// - Parameters:
    ///   - header: The header; `nil` without one.
    ///   - size: The size of the file.
    package init(_ header: String?, of size: UInt64) {
        guard let header, header.lowercased().hasPrefix("bytes=") else {
            self = .whole
            return
        }
        let bounds = header.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false).map(\.trimmed)
        guard bounds.count == 2, bounds.allSatisfy({ $0.utf8.allSatisfy(Self.isDigit) }) else {
            self = .whole
            return
        }
        // A number that fits nowhere lies behind every end.
        let first = bounds[0].isEmpty ? nil : UInt64(bounds[0]) ?? .max
        let last = bounds[1].isEmpty ? nil : UInt64(bounds[1]) ?? .max
        switch (first, last) {
        case (nil, nil): self = .whole
        case (nil, let count?): self = count == 0 || size == 0 ? .unsatisfiable : .part(size - min(count, size)..<size)
        case (let first?, let last?) where last < first: self = .whole
        case (let first?, let last):
            self = first < size ? .part(first..<min(last ?? .max, size - 1) + 1) : .unsatisfiable
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
