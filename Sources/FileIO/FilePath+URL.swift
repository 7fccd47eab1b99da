package import SystemPackage

extension FilePath {
    /// The `file` URL of an absolute path to a folder (RFC 8089), percent-encoded as RFC 3986 says, ending in `/`.
    package var folderURL: String {
        let digits: StaticString = "0123456789ABCDEF"
        var url = "file://"
        for byte in string.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "_"), UInt8(ascii: "~"):
                url.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                url += "%"
                for nibble in [byte >> 4, byte & 15] {
                    url.unicodeScalars.append(Unicode.Scalar(digits.utf8Start[Int(nibble)]))
                }
            }
        }
        return url + "/"
    }
}
