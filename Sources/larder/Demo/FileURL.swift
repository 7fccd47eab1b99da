import SystemPackage

/// The `file` URL of an absolute path (RFC 8089), percent-encoded as RFC 3986 says.
struct FileURL {
    /// The URL, which ends in `/`.
    let text: String

    /// The URL of a folder.
    init(_ folder: FilePath) {
        var text = "file://"
        for byte in folder.string.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "_"), UInt8(ascii: "~"):
                text.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                text += "%" + (digits.utf8.count == 1 ? "0" + digits : digits)
            }
        }
        self.text = text + "/"
    }
}
