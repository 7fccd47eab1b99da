import Glibc
import Scheduling
import TestSupport
import Transfer

/// Something that a source has under a name, and how it behaves.
struct SourceThing: Sendable {
    /// The bytes.
    var body: [UInt8]
    /// Its entity tag; `nil` for none.
    var etag: String?
    /// Its media type; `nil` for none.
    var contentType: String?
    /// Whether its size is told before the bytes.
    var tellsSize = true
    /// After how many bytes the first attempts break off, one after the other.
    var breaks: [Int] = []
    /// Whether it waits for ``SourceShelf/open()`` before it answers.
    var isGated = false
}

/// What a source has, and what it was asked for; for all threads.
final class SourceShelf: Sendable {
    /// What was asked for.
    struct Reading: Equatable {
        /// The name of the thing.
        let name: String
        /// How many bytes were here already.
        let offset: Int
    }

    private struct State {
        var things: [String: SourceThing] = [:]
        var readings: [Reading] = []
        var isOpen = false
        var threads: Set<pthread_t> = []
    }

    private let state = Locked(State())

    /// All that was asked for, in order.
    var readings: [Reading] { state.withLock { $0.readings } }
    /// How many threads asked.
    var threadCount: Int { state.withLock { $0.threads.count } }

    /// Puts something there.
    func put(_ thing: SourceThing, as name: String) { state.withLock { $0.things[name] = thing } }

    /// Lets go what is gated.
    func open() { state.withLock { $0.isOpen = true } }

    /// Takes something for one attempt, and tells after how many bytes it breaks off.
    func take(_ name: String, from offset: Int) -> (thing: SourceThing, limit: Int?)? {
        let taken = state.withLock { state -> (thing: SourceThing, limit: Int?)? in
            state.readings.append(Reading(name: name, offset: offset))
            state.threads.insert(pthread_self())
            guard let thing = state.things[name] else { return nil }
            guard let limit = thing.breaks.first else { return (thing, nil) }
            state.things[name]?.breaks.removeFirst()
            return (thing, limit)
        }
        if taken?.thing.isGated ?? false {
            while !state.withLock({ $0.isOpen }) { usleep(500) }
        }
        return taken
    }
}

/// A transport that reads from memory.
struct MemoryTransport: Transport {
    private static let chunk = 10_000

    /// What there is.
    let shelf: SourceShelf

    func read(_ reading: TransportReading, into sink: TransportSink) throws(TransferError.Code) {
        let name = reading.url.split(separator: "/").last.map(String.init) ?? ""
        guard let (thing, limit) = shelf.take(name, from: Int(reading.offset)) else { throw .fileNotFound }
        var head = TransportHead()
        head.etag = thing.etag
        head.contentType = thing.contentType
        head.size = thing.tellsSize ? UInt64(thing.body.count) : nil
        head.isNotModified = thing.etag != nil && reading.validators.etag == thing.etag
        head.offset = reading.offset < UInt64(thing.body.count) ? reading.offset : 0
        guard try sink.begin(head) else { return }
        var rest = thing.body[Int(head.offset)...]
        if let limit { rest = rest.prefix(limit) }
        while !rest.isEmpty {
            let part = Array(rest.prefix(Self.chunk))
            rest = rest.dropFirst(Self.chunk)
            guard part.withUnsafeBytes({ sink.take($0) }) else { return }
        }
        if limit != nil { throw .connectionLost }
    }
}

/// Every name, each with the same few bytes, as fast as possible.
struct EndlessTransport: Transport {
    func read(_ reading: TransportReading, into sink: TransportSink) throws(TransferError.Code) {
        var head = TransportHead()
        head.size = 3
        guard try sink.begin(head) else { return }
        _ = ([97, 98, 99] as [UInt8]).withUnsafeBytes { sink.take($0) }
    }
}
