import Scheduling

/// The addresses of servers that have to know each other.
final class PortBox: Sendable {
    private let addresses = Locked<[String]>([])

    /// Tells the addresses, once the servers are there.
    func set(_ all: [String]) { addresses.withLock { $0 = all } }

    /// An address that is not this one.
    func other(than address: String) -> String { addresses.withLock { $0.first { $0 != address } ?? "" } }
}
