import Minisign
import Testing

@Suite("minisign's format") struct MinisignTests {
    private let bytes = Array("what is signed".utf8)

    /// Made by minisign 0.11 with a key of its own.
    private static let publicKey = "RWQowe2SWLThPzy7KD0Qw99BEY7EtkX2WNw9v6LTViK+ZWcHak/gUrKQ"
    private static let signature = """
        untrusted comment: signature from minisign secret key
        RUQowe2SWLThP/6uhnvp2QYWCOCsxtcRa7LObWBJL8Ayo+O5rjC5jMxJsNp5/ieo0tp7TxBjuruU9OmmCRsnZy9l1ScoENc7YAc=
        trusted comment: a comment
        iB+fs/sNmjRYMEa3uPbZ3aRBMbniEiAQyWhaK7p4EmTuX4pND9LBgIACSSiHd3gFNfvavBRY+Dg0fgLmF8eZAw==
        """

    @Test("A signature is accepted for its bytes and its comment alone")
    func ownSignatures() throws {
        let key = try SigningKey()
        let signature = try key.signature(of: bytes, comment: "generation:7")
        let read = try Signature(file: signature.file)
        #expect(read == signature && read.comment == "generation:7" && read.keyID == key.publicKey.id)
        #expect(try key.publicKey.accepts(read, of: bytes))
        #expect(try !key.publicKey.accepts(read, of: bytes + [0]))
        #expect(try !SigningKey().publicKey.accepts(read, of: bytes))
        #expect(try key.signature(of: bytes, comment: "generation:7") == signature)
    }

    @Test("No bit of a signature, or of its comment, can be another one")
    func everyBit() throws {
        let key = try SigningKey()
        let file = try key.signature(of: bytes, comment: "c").file
        // The first line says nothing and is not signed.
        let start = try #require(file.firstIndex(of: UInt8(ascii: "\n"))) + 1
        for place in start..<file.count - 1 {
            for bit in 0..<8 {
                var other = file
                other[place] ^= 1 << bit
                guard let signature = try? Signature(file: other) else { continue }
                #expect(try !key.publicKey.accepts(signature, of: bytes), "byte \(place), bit \(bit)")
            }
        }
    }

    @Test("Keys come back from their files")
    func keyFiles() throws {
        let key = try SigningKey()
        let again = try SigningKey(pem: try key.pem())
        #expect(again.publicKey == key.publicKey)
        #expect(try VerifyingKey(key.publicKey.file) == key.publicKey)
        #expect(try VerifyingKey(key.publicKey.line) == key.publicKey)
        #expect(key.publicKey.name.count == 16)
    }

    @Test("What is no key is refused")
    func refusedKeys() throws {
        for text in ["", "x", "RWQ=", String(repeating: "A", count: 56), "a\nb\nc"] {
            #expect(throws: SigningError.self) { try VerifyingKey(text) }
        }
        for text in ["", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"] {
            #expect(throws: SigningError.self) { try SigningKey(pem: Array(text.utf8)) }
        }
    }

    @Test("What minisign signed is accepted")
    func foreignSignature() throws {
        let key = try VerifyingKey(Self.publicKey)
        let signature = try Signature(file: Array(Self.signature.utf8))
        #expect(try key.accepts(signature, of: bytes))
        #expect(try !key.accepts(signature, of: Array("what was signed".utf8)))
    }
}
