/// A URL without the name and password in it, for people; works on any text.
///
/// - Parameter url: What may be a URL.
/// - Returns: The text, with everything between `//` and the last `@` before the path left out.
package func removingUserInfo(_ url: String) -> String {
    guard let slashes = url.utf8.firstRange(of: "//") else { return url }
    let rest = url.utf8[slashes.upperBound...]
    let ends: Set<UInt8> = [UInt8(ascii: "/"), UInt8(ascii: "?"), UInt8(ascii: "#")]
    let authority = rest.prefix { !ends.contains($0) }
    guard let at = authority.lastIndex(of: UInt8(ascii: "@")) else { return url }
    return String(url[..<slashes.upperBound]) + String(url[url.index(after: at)...])
}

extension String.UTF8View {
    /// Where two ASCII characters first stand.
    fileprivate func firstRange(of pair: StaticString) -> Range<Index>? {
        let (first, second) = (pair.utf8Start[0], pair.utf8Start[1])
        var index = startIndex
        while let found = self[index...].firstIndex(of: first) {
            let next = self.index(after: found)
            if next < endIndex, self[next] == second { return found..<self.index(after: next) }
            index = next
        }
        return nil
    }
}

/// What libcurl says of a failure, for people: where it quotes a URL, without what could be a name and a password.
func withoutSecrets(_ text: String) -> String {
    guard let slashes = text.utf8.firstRange(of: "//"), let at = text.utf8.lastIndex(of: UInt8(ascii: "@")),
        slashes.upperBound <= at
    else { return printable(text) }
    return printable(String(text[..<slashes.upperBound]) + String(text[text.utf8.index(after: at)...]))
}

/// A URL without its query, for people.
package func withoutQuery(_ url: String) -> String {
    guard let end = url.utf8.firstIndex(where: { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") }) else {
        return url
    }
    return String(url[..<end])
}

/// What somebody else sent, for people: on one line, without control characters, and not too long.
func printable(_ text: String) -> String {
    let limit = 200
    let scalars = text.unicodeScalars.map { scalar -> Character in
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: "?"
        default: Character(scalar)
        }
    }
    return String(scalars.prefix(limit)) + (scalars.count > limit ? "…" : "")
}
