/// What is due later, the earliest first; a binary heap.
struct TimerHeap {
    /// A request and the time at which it is due.
    struct Element {
        /// When.
        let instant: ContinuousClock.Instant
        /// What.
        let id: UInt64
    }

    private var elements: [Element] = []

    /// The earliest.
    var next: Element? { elements.first }

    /// Adds an element.
    mutating func insert(_ element: Element) {
        elements.append(element)
        var child = elements.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard elements[child].instant < elements[parent].instant else { return }
            elements.swapAt(child, parent)
            child = parent
        }
    }

    /// Removes the earliest.
    mutating func removeNext() {
        guard let last = elements.popLast(), !elements.isEmpty else { return }
        elements[0] = last
        var parent = 0
        while true {
            var earliest = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < elements.count {
                if elements[child].instant < elements[earliest].instant { earliest = child }
            }
            guard earliest != parent else { return }
            elements.swapAt(earliest, parent)
            parent = earliest
        }
    }
}
