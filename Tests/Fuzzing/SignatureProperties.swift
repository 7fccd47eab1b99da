import Minisign

/// What holds for signatures and public keys in minisign's format: what is read says the same when it is written.
enum SignatureProperties {
    static func check(_ input: [UInt8]) throws(PropertyViolation) {
        if let signature = try read({ () throws(SigningError) in try Signature(file: input) }) {
            try require(
                (try? Signature(file: signature.file)) == signature,
                "the signature is another one when written"
            )
        }
        let text = String(decoding: input, as: UTF8.self)
        if let key = try read({ () throws(SigningError) in try VerifyingKey(text) }) {
            try require((try? VerifyingKey(key.line)) == key, "the key is another one when written as a line")
            try require((try? VerifyingKey(key.file)) == key, "the key is another one when written as a file")
        }
    }

    private static func read<Value>(_ parse: () throws(SigningError) -> Value) throws(PropertyViolation) -> Value? {
        do throws(SigningError) {
            return try parse()
        } catch {
            try requirePrintable(error.description)
            return nil
        }
    }
}
