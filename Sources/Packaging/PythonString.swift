/// What a string literal of Python stands for, since markers are read as such ones.
enum PythonString {
    /// The text that the content between two quotes stands for; `nil` for what Python refuses, and for names of
    /// characters and halves of surrogate pairs.
    static func value(of content: Substring) -> String? {
        var scalars = content.unicodeScalars.makeIterator()
        var value = ""
        var pending: Unicode.Scalar?
        while let scalar = pending ?? scalars.next() {
            pending = nil
            switch scalar {
            case "\n", "\r", "\0": return nil
            case "\\":
                guard let kind = scalars.next() else { return nil }
                switch kind {
                // A line that goes on.
                case "\n": break
                case "\r":
                    guard let following = scalars.next() else { break }
                    if following != "\n" { pending = following }
                case "\0", "N": return nil
                case "\\", "'", "\"": value.unicodeScalars.append(kind)
                case "a": value.unicodeScalars.append("\u{7}")
                case "b": value.unicodeScalars.append("\u{8}")
                case "f": value.unicodeScalars.append("\u{C}")
                case "n": value.unicodeScalars.append("\n")
                case "r": value.unicodeScalars.append("\r")
                case "t": value.unicodeScalars.append("\t")
                case "v": value.unicodeScalars.append("\u{B}")
                case "0"..."7":
                    var code = kind.value - 0x30
                    for _ in 0..<2 {
                        guard let digit = scalars.next() else { break }
                        guard ("0"..."7").contains(digit) else {
                            pending = digit
                            break
                        }
                        code = code * 8 + digit.value - 0x30
                    }
                    guard let character = Unicode.Scalar(code) else { return nil }
                    value.unicodeScalars.append(character)
                case "x", "u", "U":
                    let count = kind == "x" ? 2 : kind == "u" ? 4 : 8
                    var code: UInt32 = 0
                    for _ in 0..<count {
                        guard let digit = scalars.next(), digit.isASCII, let number = Character(digit).hexDigitValue
                        else { return nil }
                        code = code << 4 | UInt32(number)
                    }
                    guard let character = Unicode.Scalar(code) else { return nil }
                    value.unicodeScalars.append(character)
                default:
                    // Python keeps the backslash of an escape that it does not know.
                    value.unicodeScalars.append("\\")
                    value.unicodeScalars.append(kind)
                }
            default: value.unicodeScalars.append(scalar)
            }
        }
        return value
    }
}
