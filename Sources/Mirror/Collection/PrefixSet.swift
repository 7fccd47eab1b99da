internal import Digest

/// A set of digests that is kept as their first 64 bits, sorted: 8 bytes each.
///
/// Two digests with one prefix are taken for one, so that what is in the set is always found in it; what is not may,
/// hardly ever, be found too. For what must not be deleted that is the right way to err.
struct PrefixSet: Sendable {
    private var values: [UInt64] = []
    private var isSorted = true

    /// The number of digests, those that came twice counted twice until the set is sealed.
    var count: Int { values.count }

    /// Adds a digest; the set has to be sealed before it is asked.
    mutating func insert(_ digest: SHA256Digest) {
        values.append(digest.prefix)
        isSorted = false
    }

    /// Adds what another set has.
    mutating func formUnion(_ other: PrefixSet) {
        values += other.values
        isSorted = false
    }

    /// Sorts the set, so that it can be asked.
    mutating func seal() {
        guard !isSorted else { return }
        values.sort()
        isSorted = true
    }

    /// Whether a digest is in the set.
    func contains(_ digest: SHA256Digest) -> Bool {
        precondition(isSorted, "a set is asked that was not sealed")
        let value = digest.prefix
        var low = 0
        var high = values.count
        while low < high {
            let middle = (low + high) / 2
            if values[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low < values.count && values[low] == value
    }
}
