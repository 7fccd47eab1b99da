internal import Packaging

/// Where things come from, as lock files and requirement files write it.
enum SourceText {
    /// The filename at the end of a URL or path: without query and fragment, percent-decoded; `nil` when there is none.
    ///
    /// Only URLs have queries and percent signs; in a path these characters stand for themselves.
    static func filename(of source: String) -> String? {
        let isURL = source.contains("://") || source.hasPrefix("file:")
        let path = isURL ? source.prefix { $0 != "?" && $0 != "#" } : source[...]
        let separators: [Character] = isURL || !path.contains("\\") ? ["/"] : ["/", "\\"]
        guard let last = path.split(omittingEmptySubsequences: false, whereSeparator: separators.contains).last,
            !last.isEmpty
        else { return nil }
        return isURL ? percentDecoded(last) : String(last)
    }

    /// A source as messages show it: without user name and password, and printable.
    static func shown(_ source: String) -> String {
        guard let scheme = source.firstRange(of: "://") else { return source.printable }
        let rest: Substring = source[scheme.upperBound...]
        let authority = rest.prefix { !"/?#".contains($0) }
        guard let at = authority.lastIndex(of: "@") else { return source.printable }
        return String(source[..<scheme.upperBound] + rest[rest.index(after: at)...]).printable
    }

    /// A part of a URL without its percent-encoding; `nil` when it encodes no UTF-8.
    static func percentDecoded(_ text: Substring) -> String? {
        guard text.contains("%") else { return String(text) }
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(2)
            if byte == UInt8(ascii: "%"), digits.count == 2,
                let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
