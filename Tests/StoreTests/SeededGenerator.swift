import Digest
import Packaging

/// Random numbers that are the same in every run (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A number whose size varies, not only its low bits; often 0 or the greatest.
    mutating func integer<Value: FixedWidthInteger>(_: Value.Type = Value.self) -> Value {
        switch next() % 8 {
        case 0: 0
        case 1: .max
        case 2: .min
        default: Value(truncatingIfNeeded: next() >> (next() % 64))
        }
    }

    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
    }

    mutating func digest() throws -> SHA256Digest {
        try SHA256Digest.hash(bytes(8))
    }

    mutating func text(limit: Int = 40) -> String {
        let alphabet = Array("abcXYZ019 -._/\\\"'<>&\u{0}\u{1}\u{7f}\n\té漢🙂\u{301}")
        return String((0..<Int(next() % UInt64(limit))).map { _ in alphabet[Int(next() % UInt64(alphabet.count))] })
    }

    mutating func name() throws -> ProjectName {
        let alphabet = Array("abcdefghijklmnopqrstuvwxyz0123456789")
        let count = 1 + Int(next() % 30)
        let text = String((0..<count).map { _ in alphabet[Int(next() % UInt64(alphabet.count))] })
        guard let name = ProjectName(text) else { throw NameRefused(name: text) }
        return name
    }

    mutating func optional<Value>(_ value: (inout Self) throws -> Value) rethrows -> Value? {
        next() % 3 == 0 ? nil : try value(&self)
    }
}

/// A name that no project can have.
struct NameRefused: Error {
    let name: String
}

/// The project of a valid name.
func project(_ name: String) throws -> ProjectName {
    guard let name = ProjectName(name) else { throw NameRefused(name: name) }
    return name
}
