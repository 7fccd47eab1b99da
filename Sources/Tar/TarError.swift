/// An archive could not be written or read.
package enum TarError: Error, Sendable {
    /// It is none that we read, or libarchive refused something; why.
    case malformed(String)
    /// What its bytes come from or go to failed.
    case stream(any Error)
}

extension TarError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .malformed(let reason): reason
        case .stream(let error): "\(error)"
        }
    }
}
