/// The schemes of URLs.
enum TransferScheme: Hashable, Sendable {
    case http
    case https
    case ftp
    case ftps
    /// One that a ``Transport`` may have; `file` has one in every engine.
    case other(String)

    /// The scheme of a name in lower case.
    init(_ name: String) {
        switch name {
        case "http": self = .http
        case "https": self = .https
        case "ftp": self = .ftp
        case "ftps": self = .ftps
        default: self = .other(name)
        }
    }

    /// The name.
    var name: String {
        switch self {
        case .http: "http"
        case .https: "https"
        case .ftp: "ftp"
        case .ftps: "ftps"
        case .other(let name): name
        }
    }

    /// Whether it is HTTP.
    var isHTTP: Bool { self == .http || self == .https }
    /// Whether it is FTP.
    var isFTP: Bool { self == .ftp || self == .ftps }
    /// Whether libcurl speaks it for us.
    var isOfNetwork: Bool { isHTTP || isFTP }
}
