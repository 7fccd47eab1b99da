/// A set of page numbers, one bit each.
struct PageSet {
    private var words: [UInt64]

    /// - Parameter last: The highest number that it can hold.
    init(upTo last: UInt64) {
        words = [UInt64](repeating: 0, count: Int(last / 64) + 1)
    }

    /// Adds a number that is not above the highest one.
    ///
    /// - Returns: Whether it was not there before.
    mutating func insert(_ page: UInt64) -> Bool {
        let bit: UInt64 = 1 << (page % 64)
        guard words[Int(page / 64)] & bit == 0 else { return false }
        words[Int(page / 64)] |= bit
        return true
    }

    /// The lowest number that is in another set of the same size as well.
    func first(in other: PageSet) -> UInt64? {
        for (index, (own, other)) in zip(words, other.words).enumerated() where own & other != 0 {
            return UInt64(index * 64 + (own & other).trailingZeroBitCount)
        }
        return nil
    }

    /// Whether a number that is not above the highest one is in it.
    func contains(_ page: UInt64) -> Bool {
        words[Int(page / 64)] & 1 << (page % 64) != 0
    }
}
