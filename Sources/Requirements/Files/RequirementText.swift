/// The text of a requirement file, from its bytes, by the rules of pip.
enum RequirementText {
    /// Why bytes are no text.
    enum Problem: Error {
        case notText(encoding: String)
        case unknownEncoding(String)
    }

    /// Decodes a file: by its byte order mark, else by a comment on one of its first two lines (PEP 263), else as UTF-8.
    ///
    /// pip also tries the encoding of the locale in the end; a mirror must not depend on that.
    ///
    /// - Throws: ``Problem`` for another encoding, and for bytes that it does not allow.
    static func decode(_ bytes: [UInt8]) throws(Problem) -> String {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { return try utf8(bytes.dropFirst(3)) }
        if bytes.starts(with: [0xFF, 0xFE, 0, 0]) || bytes.starts(with: [0, 0, 0xFE, 0xFF]) {
            throw .unknownEncoding("UTF-32")
        }
        if bytes.starts(with: [0xFF, 0xFE]) { return try utf16(bytes.dropFirst(2), high: 1) }
        if bytes.starts(with: [0xFE, 0xFF]) { return try utf16(bytes.dropFirst(2), high: 0) }
        guard let name = declaredEncoding(bytes) else { return try utf8(bytes[...]) }
        switch name.lowercased().replacing("_", with: "-") {
        case "utf-8", "utf8", "utf-8-sig", "u8":
            return try utf8(bytes[...])
        case "ascii", "us-ascii":
            guard bytes.allSatisfy({ $0 < 0x80 }) else { throw .notText(encoding: "ASCII") }
            return String(decoding: bytes, as: UTF8.self)
        case "latin-1", "latin1", "iso-8859-1", "iso8859-1", "l1", "8859":
            return String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
        default:
            throw .unknownEncoding(name)
        }
    }

    private static func utf8(_ bytes: ArraySlice<UInt8>) throws(Problem) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .notText(encoding: "UTF-8") }
        return text
    }

    private static func utf16(_ bytes: ArraySlice<UInt8>, high: Int) throws(Problem) -> String {
        let bytes = Array(bytes)
        let units = stride(from: 0, to: bytes.count - 1, by: 2).map { index in
            UInt16(bytes[index + high]) << 8 | UInt16(bytes[index + 1 - high])
        }
        guard bytes.count.isMultiple(of: 2), let text = String(validating: units, as: UTF16.self) else {
            throw .notText(encoding: "UTF-16")
        }
        return text
    }

    /// What a comment as `# -*- coding: NAME -*-` says.
    private static func declaredEncoding(_ bytes: [UInt8]) -> String? {
        for line in bytes.split(separator: UInt8(ascii: "\n"), maxSplits: 2, omittingEmptySubsequences: false).prefix(2)
        where line.first == UInt8(ascii: "#") {
            let text = String(decoding: line, as: UTF8.self)
            guard let match = text.firstMatch(of: /coding[:=]\s*([-\w.]+)/.asciiOnlyCharacterClasses()) else {
                continue
            }
            return String(match.1)
        }
        return nil
    }
}
