internal import ServedTree

/// What is told of a request that was answered.
package struct AccessRecord: Sendable {
    /// The address of the client.
    package let client: String
    /// When it came, in seconds since 1970.
    package let time: Int64
    /// The method.
    package let method: String
    /// The target, as it came.
    package let target: String
    /// The version of HTTP, as `1.1`.
    package let version: String
    /// The status of the answer.
    package let status: Int
    /// The bytes of its body that were sent.
    package let bytes: UInt64
    /// `Referer`; `nil` without one.
    package let referrer: String?
    /// `User-Agent`; `nil` without one.
    package let userAgent: String?

    /// The combined log format of web servers, in a line.
    package var line: String {
        let date = HTTPDate(seconds: time).text
        let words = date.split(separator: " ")
        let moment = words.count == 6 ? "\(words[1])/\(words[2])/\(words[3]):\(words[4]) +0000" : date
        return "\(client) - - [\(moment)] \"\(method.quotable) \(target.quotable) HTTP/\(version)\" \(status) \(bytes) "
            + "\"\((referrer ?? "-").quotable)\" \"\((userAgent ?? "-").quotable)\"\n"
    }
}

extension String {
    /// The text with everything escaped that could end it, or do harm in a terminal.
    fileprivate var quotable: String {
        guard
            utf8.contains(where: {
                $0 < 0x20 || $0 == 0x7f || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") || $0 >= 0x80
            })
        else {
            return self
        }
        return utf8.reduce(into: "") { text, byte in
            if byte < 0x20 || byte >= 0x7f || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                let hex = String(byte, radix: 16)
                text += byte < 16 ? "\\x0\(hex)" : "\\x\(hex)"
            } else {
                text.unicodeScalars.append(Unicode.Scalar(byte))
            }
        }
    }
}
