/// A file of a bundle, or of an inventory, is not what it should be.
package enum BundleError: Error, Equatable, Sendable {
    /// It is of a later version's format.
    case unknownFormat(UInt64)
    /// It is none that we write; why.
    case malformed(String)
}

extension BundleError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unknownFormat(let format): "it is of format \(format), of a later version of larder; use that version"
        case .malformed(let reason): reason
        }
    }
}
