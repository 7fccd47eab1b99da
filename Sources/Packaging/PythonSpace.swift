/// White space as Python's `str.strip` and the `\s` of its regular expressions take it, which the `packaging` library
/// uses: Unicode's white space and the four separators of ASCII.
extension Unicode.Scalar {
    var isPythonSpace: Bool {
        switch value {
        case 0x20, 0x09...0x0D, 0x1C...0x1F: true
        case ..<0x80: false
        default: properties.isWhitespace
        }
    }
}

extension Substring {
    /// The text without white space at its ends.
    var strippedOfSpace: Substring {
        let scalars = unicodeScalars
        guard let first = scalars.firstIndex(where: { !$0.isPythonSpace }),
            let last = scalars.lastIndex(where: { !$0.isPythonSpace })
        else { return self[endIndex...] }
        return self[first..<scalars.index(after: last)]
    }
}

extension StringProtocol {
    /// Whether both have the same bytes in UTF-8; Swift's own equality takes canonical equivalents for one.
    func isSameText(as other: some StringProtocol) -> Bool {
        utf8.elementsEqual(other.utf8)
    }
}
