package import Digest

/// The directory of a package's link below `packages/`: `ab/cd/<60 hex>`, lower case.
package struct PackagePath: Equatable, Sendable {
    /// The directory.
    package let text: String

    /// The directory that a digest gives.
    package init(_ digest: SHA256Digest) {
        let hex = digest.hex
        text = "\(hex.prefix(2))/\(hex.dropFirst(2).prefix(2))/\(hex.dropFirst(4))"
    }

    /// The directory that the URL of a file has; `nil` when it has another shape.
    ///
    /// Nothing of the URL is taken but 64 hexadecimal digits.
    package init?(url: String, filename: String) {
        let path = url.prefix { $0 != "?" && $0 != "#" }
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().suffix(4).map(String.init)
        guard parts.count == 4, parts[0] == "packages", [2, 2, 60] == parts[1...].map(\.utf8.count),
            parts[1...].allSatisfy({ $0.utf8.allSatisfy(Self.isHexDigit) })
        else { return nil }
        text = parts[1...].joined(separator: "/")
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
}
