internal import Catalog
internal import Digest

/// The objects and copies whose last checks are longest ago, of any number of them, in bounded memory.
struct OldestObjects {
    /// What is to be hashed.
    enum Subject: Equatable, Sendable {
        /// An object.
        case object(SHA256Digest)
        /// A copy of one below `packages/`.
        case copy(PackageKey)
    }

    /// Something that is to be hashed.
    struct Candidate: Comparable, Sendable {
        /// When it was last known to be right, in seconds since 1970.
        let checkedAt: Int64
        /// What it is.
        let subject: Subject
        /// The bytes that it should have.
        let size: UInt64

        static func < (left: Self, right: Self) -> Bool {
            if left.checkedAt != right.checkedAt { return left.checkedAt < right.checkedAt }
            switch (left.subject, right.subject) {
            case (.object(let left), .object(let right)): return left < right
            case (.copy(let left), .copy(let right)): return left.bytes.lexicographicallyPrecedes(right.bytes)
            case (.object, .copy): return true
            case (.copy, .object): return false
            }
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
        for index in sorted.indices where count == 0 || sorted[count - 1].subject != sorted[index].subject {
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
