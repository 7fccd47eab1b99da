internal import Packaging

/// Why a link is not followed.
package enum LinkError: Error, Equatable, Sendable {
    /// It is no URL that can be read.
    case malformed
    /// Its scheme is not one of `http`, `https`, `ftp`, or is `file` on a page that is not a file itself.
    case scheme(String)
    /// It carries a user name or a password.
    case userinfo
}

extension LinkError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .malformed: "its link is no URL that can be read"
        case .scheme(let scheme): "links of the scheme '\(scheme.printable)' are not followed"
        case .userinfo: "its link carries a user name"
        }
    }
}
