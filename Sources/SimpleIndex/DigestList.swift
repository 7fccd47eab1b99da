internal import Digest

/// The digests of a file, as pages write them.
enum DigestList {
    /// The fewest hexadecimal digits of an algorithm that we do not know: those of MD5.
    private static let minimumDigits = 32

    /// Takes a digest into a list: the algorithm in lower case, the digest in lower-case hexadecimal.
    ///
    /// What is not well-formed (other characters, a length that is not the algorithm's) is left out, and so is a second
    /// digest by the same algorithm.
    static func add(_ algorithm: some StringProtocol, _ digest: String, to hashes: inout [String: String]) {
        guard !algorithm.isEmpty, algorithm.utf8.count <= 32, algorithm.utf8.allSatisfy(isNameByte) else { return }
        let name = algorithm.utf8.contains { $0 < 0x60 } ? algorithm.lowercased() : String(algorithm)
        let digits = digest.utf8
        if let known = DigestAlgorithm(rawValue: name) {
            guard digits.count == known.byteCount * 2 else { return }
        } else {
            guard digits.count >= minimumDigits, digits.count.isMultiple(of: 2), digits.count <= 256 else { return }
        }
        var isLower = true
        for digit in digits {
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"): continue
            case UInt8(ascii: "A")...UInt8(ascii: "F"): isLower = false
            default: return
            }
        }
        if hashes[name] == nil { hashes[name] = isLower ? digest : digest.lowercased() }
    }

    /// The digests in the fragment of a link: `sha256=…`, several joined by `&`; anything else in it is left aside.
    static func inFragment(_ fragment: ArraySlice<UInt8>) -> [String: String] {
        var hashes: [String: String] = [:]
        guard !fragment.isEmpty, let text = Percent.decoded(fragment) else { return hashes }
        for piece in text.utf8.split(separator: UInt8(ascii: "&")) {
            guard let equals = piece.firstIndex(of: UInt8(ascii: "=")) else { continue }
            let digest = piece[piece.index(after: equals)...]
            add(Substring(piece[..<equals]), String(Substring(digest)), to: &hashes)
        }
        return hashes
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
