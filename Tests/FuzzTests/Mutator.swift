/// Damages inputs, the same in every run (SplitMix64).
struct Mutator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// An input with one to four changes, some of which bring in pieces of another input.
    mutating func damaged(_ input: [UInt8], beside other: [UInt8], limit: Int) -> [UInt8] {
        var bytes = input
        for _ in 0..<Int.random(in: 1...4, using: &self) {
            change(&bytes, beside: other)
        }
        return Array(bytes.prefix(limit))
    }

    private mutating func change(_ bytes: inout [UInt8], beside other: [UInt8]) {
        guard !bytes.isEmpty else {
            bytes = other
            return
        }
        let place = Int.random(in: 0..<bytes.count, using: &self)
        let end = min(place + Int.random(in: 1...32, using: &self), bytes.count)
        switch Int.random(in: 0..<7, using: &self) {
        case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &self)
        case 1: bytes[place] = UInt8.random(in: 0...255, using: &self)
        case 2: bytes.removeSubrange(place..<end)
        case 3: bytes.insert(contentsOf: bytes[place..<end], at: place)
        case 4: bytes.replaceSubrange(place..<end, with: piece(of: other))
        case 5: bytes.insert(contentsOf: piece(of: other), at: place)
        default: bytes.removeSubrange(place...)
        }
    }

    private mutating func piece(of other: [UInt8]) -> ArraySlice<UInt8> {
        guard !other.isEmpty else { return [] }
        let start = Int.random(in: 0..<other.count, using: &self)
        return other[start..<min(start + Int.random(in: 1...64, using: &self), other.count)]
    }
}
