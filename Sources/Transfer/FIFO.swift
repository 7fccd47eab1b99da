/// A queue, first in and first out, on an array.
struct FIFO<Element> {
    private var elements: [Element?] = []
    private var head = 0

    /// How many elements there are.
    var count: Int { elements.count - head }
    /// Whether there is nothing in it.
    var isEmpty: Bool { head == elements.count }

    /// Puts an element at the end.
    mutating func append(_ element: Element) { elements.append(element) }

    /// Takes the element at the start; `nil` when there is none.
    mutating func removeFirst() -> Element? {
        guard head < elements.count else { return nil }
        let element = elements[head].take()
        head += 1
        if head == elements.count {
            elements.removeAll(keepingCapacity: true)
            head = 0
        } else if head >= 1_024, head * 2 > elements.count {
            elements.removeFirst(head)
            head = 0
        }
        return element
    }
}
