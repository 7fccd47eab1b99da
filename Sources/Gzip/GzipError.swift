/// What keeps bytes from being compressed, or from being read as gzip.
package enum GzipError: Error, Equatable, CustomStringConvertible {
    /// The level is not one of 0 to 9.
    case unsupportedLevel(Int)
    /// zlib could not get the memory that it needs.
    case outOfMemory
    /// The bytes end before the gzip data do.
    case truncated
    /// The bytes are not gzip data, or were damaged; with what zlib says of them.
    case corrupt(String)
    /// The data would unpack to more bytes than the caller allows.
    case tooLarge(limit: Int)

    package var description: String {
        switch self {
        case .unsupportedLevel(let level): "gzip has no level \(level); choose one of 0 to 9"
        case .outOfMemory: "zlib is out of memory; free some or run fewer workers"
        case .truncated: "the gzip data end too early; fetch them again"
        case .corrupt(let detail): "the bytes are not intact gzip data (\(detail)); fetch them again"
        case .tooLarge(let limit): "the gzip data unpack to more than the \(limit) bytes allowed here; they are refused"
        }
    }
}
