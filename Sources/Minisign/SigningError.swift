/// A key, or a signature, is not what it should be.
package enum SigningError: Error, Equatable, Sendable {
    /// OpenSSL failed to do this.
    case library(String)
    /// A secret key is none that we can use; why.
    case unusableKey(String)
    /// A public key is none; why.
    case malformedPublicKey(String)
    /// A signature is none; why.
    case malformedSignature(String)
}

extension SigningError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .library(let what): "OpenSSL cannot \(what) here; check that its default provider is enabled"
        case .unusableKey(let reason): "the secret key \(reason); make one with `larder keygen`"
        case .malformedPublicKey(let reason): "the public key \(reason); expected is what `larder keygen` writes"
        case .malformedSignature(let reason): "the signature \(reason)"
        }
    }
}
