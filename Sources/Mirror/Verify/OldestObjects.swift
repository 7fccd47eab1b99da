internal import Digest

/// The objects whose last checks are longest ago, of any number of them, in bounded memory.
struct OldestObjects {
    /// An object that is to be hashed.
    struct Candidate: Comparable, Sendable {
        /// When it was last known to be right, in seconds since 1970.
        let checkedAt: Int64
        /// Its name.
        let digest: SHA256Digest
        /// The bytes that it should have.
        let size: UInt64

        static func < (left: Self, right: Self) -> Bool {
            (left.checkedAt, left.digest) < (right.checkedAt, right.digest)
        }
    }

    private let capacity: Int
    // A heap with the newest on top.
    private var heap: [Candidate] = []

    /// No objects.
    ///
    /// - Parameter capacity: The most objects to keep.
    init(capacity: Int) {
        self.capacity = max(1, capacity)
    }

    /// Whether there may be others that were not kept.
    var isFull: Bool { heap.count == capacity }

    /// Considers an object, which is kept unless as many older ones are there.
    mutating func insert(_ candidate: Candidate) {
        if heap.count < capacity {
            heap.append(candidate)
            rise()
        } else if let newest = heap.first, candidate < newest {
            heap[0] = candidate
            sink()
        }
    }

    /// The objects, oldest check first, each once.
    consuming func sorted() -> [Candidate] {
        var sorted = heap
        heap = []
        sorted.sort()
        // An object that several records refer to may have come several times.
        var count = 0
        for index in sorted.indices where count == 0 || sorted[count - 1].digest != sorted[index].digest {
            sorted[count] = sorted[index]
            count += 1
        }
        sorted.removeLast(sorted.count - count)
        return sorted
    }

    private mutating func rise() {
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[parent] < heap[child] else { return }
            heap.swapAt(parent, child)
            child = parent
        }
    }

    private mutating func sink() {
        var parent = 0
        while true {
            var largest = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[largest] < heap[child] {
                largest = child
            }
            if largest == parent { return }
            heap.swapAt(parent, largest)
            parent = largest
        }
    }
}
