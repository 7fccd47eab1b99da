/// Which of the requests that wait is started next: the rules, without clocks, sockets and threads.
///
/// Slots are given by class (pages before files, but where pages could take all slots one is left to files, so that
/// neither starves), in turns between hosts, and in order of arrival within a host. A request that waits for its next
/// attempt is in no slot. The number of waiting requests is the number of callers that wait for a result.
package struct TransferScheduler {
    /// What tells requests apart.
    package typealias ID = UInt64
    /// A point in time.
    package typealias Instant = ContinuousClock.Instant

    private struct Entry {
        let priority: TransferRequest.Priority
        let host: String
        var state: State
    }

    private enum State {
        case waiting
        case delayed
        case parked
        case active
    }

    private struct Host {
        var active = 0
        // Requests that are not active, in whatever state.
        var waiting = 0
        var parked: [ID] = []
        var queues = [FIFO<ID>](repeating: FIFO(), count: TransferRequest.Priority.allCases.count)
        // Whether the host stands in the turn of a class.
        var isInTurn = [Bool](repeating: false, count: TransferRequest.Priority.allCases.count)

        var isIdle: Bool { active == 0 && waiting == 0 }
    }

    /// The most requests that are active.
    package let slots: Int
    /// The most requests that are active at one host.
    package let slotsPerHost: Int

    private var entries: [ID: Entry] = [:]
    private var hosts: [String: Host] = [:]
    private var turns = [FIFO<String>](repeating: FIFO(), count: TransferRequest.Priority.allCases.count)
    private var delays = TimerHeap()
    private var activeByPriority = [Int](repeating: 0, count: TransferRequest.Priority.allCases.count)

    /// The number of requests that are active.
    package var activeCount: Int { activeByPriority.reduce(0, +) }
    /// The number of requests that are not active.
    package var waitingCount: Int { entries.count - activeCount }
    /// Whether a slot is free and something waits for it.
    package var hasStartable: Bool { activeCount < slots && turns.contains { !$0.isEmpty } }
    /// How many requests of a host are not active, and how many are.
    package func counts(of host: String) -> (waiting: Int, active: Int) {
        (hosts[host]?.waiting ?? 0, hosts[host]?.active ?? 0)
    }
    /// When the next delayed request is due.
    package var nextDue: Instant? { delays.next?.instant }

    /// Whether a request has a slot.
    package func isActive(_ id: ID) -> Bool { entries[id]?.state == .active }

    /// A scheduler without requests.
    package init(slots: Int, slotsPerHost: Int) {
        self.slots = max(1, slots)
        self.slotsPerHost = max(1, min(slots, slotsPerHost))
    }

    /// Takes in a new request.
    package mutating func submit(_ id: ID, priority: TransferRequest.Priority, host: String) {
        entries[id] = Entry(priority: priority, host: host, state: .waiting)
        hosts[host, default: Host()].waiting += 1
        enqueue(id, priority: priority, host: host)
    }

    /// Takes in a request that is not to be started before an instant.
    package mutating func delay(_ id: ID, priority: TransferRequest.Priority, host: String, until instant: Instant) {
        entries[id] = Entry(priority: priority, host: host, state: .delayed)
        hosts[host, default: Host()].waiting += 1
        delays.insert(TimerHeap.Element(instant: instant, id: id))
    }

    /// Takes in a request that is not to be started before ``unpark(_:)`` is called for its host.
    package mutating func park(_ id: ID, priority: TransferRequest.Priority, host: String) {
        entries[id] = Entry(priority: priority, host: host, state: .parked)
        hosts[host, default: Host()].waiting += 1
        hosts[host]?.parked.append(id)
    }

    /// Lets all parked requests of a host wait for slots.
    package mutating func unpark(_ name: String) {
        guard let parked = hosts[name]?.parked, !parked.isEmpty else { return }
        hosts[name]?.parked = []
        for id in parked {
            guard let entry = entries[id], entry.state == .parked else { continue }
            entries[id]?.state = .waiting
            enqueue(id, priority: entry.priority, host: name)
        }
    }

    /// Forgets a request, in whatever state it is; a slot that it had is free.
    ///
    /// - Returns: Whether the request was active.
    @discardableResult
    package mutating func remove(_ id: ID) -> Bool {
        // Its number may stay in a queue or in the heap, where it means nothing any more.
        guard let entry = entries.removeValue(forKey: id) else { return false }
        guard var host = hosts[entry.host] else { return false }
        guard entry.state == .active else {
            host.waiting -= 1
            hosts[entry.host] = host.isIdle ? nil : host
            return false
        }
        activeByPriority[entry.priority.rawValue] -= 1
        host.active -= 1
        if host.isIdle {
            hosts[entry.host] = nil
        } else {
            for priority in host.queues.indices where !host.queues[priority].isEmpty && !host.isInTurn[priority] {
                host.isInTurn[priority] = true
                turns[priority].append(entry.host)
            }
            hosts[entry.host] = host
        }
        return true
    }

    /// Gives the free slots away.
    ///
    /// - Parameters:
    ///   - now: The time, up to which delayed requests are due.
    ///   - limit: The most requests to start.
    /// - Returns: The requests that are to be started now.
    package mutating func start(now: Instant, atMost limit: Int = .max) -> [ID] {
        while let due = delays.next, due.instant <= now {
            delays.removeNext()
            guard let entry = entries[due.id], entry.state == .delayed else { continue }
            entries[due.id]?.state = .waiting
            enqueue(due.id, priority: entry.priority, host: entry.host)
        }
        var started: [ID] = []
        while activeCount < slots, started.count < limit {
            let isLastSlot = slots > 1 && activeCount == slots - 1
            let leavesItToFiles = isLastSlot && activeByPriority[TransferRequest.Priority.file.rawValue] == 0
            guard let id = takeNext(leavesItToFiles ? .file : .page) ?? takeNext(leavesItToFiles ? .page : .file) else {
                break
            }
            started.append(id)
        }
        return started
    }

    private mutating func enqueue(_ id: ID, priority: TransferRequest.Priority, host name: String) {
        var host = hosts.removeValue(forKey: name) ?? Host()
        host.queues[priority.rawValue].append(id)
        if !host.isInTurn[priority.rawValue], host.active < slotsPerHost {
            host.isInTurn[priority.rawValue] = true
            turns[priority.rawValue].append(name)
        }
        hosts[name] = host
    }

    /// Makes the next waiting request of a class active.
    private mutating func takeNext(_ priority: TransferRequest.Priority) -> ID? {
        while let name = turns[priority.rawValue].removeFirst() {
            guard var host = hosts.removeValue(forKey: name) else { continue }
            var taken: ID?
            if host.active < slotsPerHost {
                while taken == nil, let id = host.queues[priority.rawValue].removeFirst() {
                    if entries[id]?.state == .waiting { taken = id }
                }
                if taken != nil {
                    host.active += 1
                    host.waiting -= 1
                }
            }
            // A host that is full comes back into the turn when one of its slots is free.
            host.isInTurn[priority.rawValue] = !host.queues[priority.rawValue].isEmpty && host.active < slotsPerHost
            if host.isInTurn[priority.rawValue] { turns[priority.rawValue].append(name) }
            if !host.isIdle { hosts[name] = host }
            if let taken {
                entries[taken]?.state = .active
                activeByPriority[priority.rawValue] += 1
                return taken
            }
        }
        return nil
    }
}
