import Testing
import Transfer

/// Transports that break their word: the engine must not take what they bring for good.
@Suite("Transports that break their word")
struct TransportContractTests {
    /// Does what a test says.
    private struct Liar: Transport {
        let script: @Sendable (TransportSink) throws(TransferError.Code) -> Void

        func read(_ reading: TransportReading, into sink: TransportSink) throws(TransferError.Code) { try script(sink) }
    }

    private func fixture(
        _ script: @escaping @Sendable (TransportSink) throws(TransferError.Code) -> Void
    ) throws
        -> EngineFixture
    {
        try EngineFixture(transports: ["memory": Liar(script: script)]) { $0.retries = 0 }
    }

    private static func bring(_ count: Int, told size: UInt64?, into sink: TransportSink) throws(TransferError.Code) {
        var head = TransportHead()
        head.size = size
        guard try sink.begin(head) else { return }
        _ = [UInt8](repeating: 65, count: count).withUnsafeBytes { sink.take($0) }
    }

    @Test("2: one that says nothing at all brought nothing")
    func noHead() async throws {
        let fixture = try fixture { (_) throws(TransferError.Code) in }
        let result = await fixture.file("memory://store/x")
        #expect(result.code == .protocolError)
    }

    @Test("2, 25: one that brings less than it told broke off")
    func less() async throws {
        let fixture = try fixture { (sink) throws(TransferError.Code) in
            try Self.bring(5, told: 10, into: sink)
        }
        let result = await fixture.file("memory://store/x")
        #expect(result.code == .shortBody(expected: 10, received: 5))
    }

    @Test("2, 25: one that brings more than it told is cut off")
    func more() async throws {
        let fixture = try fixture { (sink) throws(TransferError.Code) in
            try Self.bring(24, told: 3, into: sink)
        }
        #expect(await fixture.file("memory://store/x").code == .tooLong(limit: 3, declared: nil))
        #expect(try fixture.names.isEmpty)
    }

    @Test("2, 25: what is expected holds, whatever was told")
    func expectation() async throws {
        let fixture = try fixture { (sink) throws(TransferError.Code) in
            try Self.bring(5, told: 10, into: sink)
        }
        #expect(await fixture.file("memory://store/x", size: 10).code != nil)
        #expect(try fixture.names.isEmpty)
    }

    @Test("2, 50: one that begins elsewhere than it was asked is not believed")
    func wrongOffset() async throws {
        let fixture = try fixture { (sink) throws(TransferError.Code) in
            var head = TransportHead()
            head.offset = 3
            guard try sink.begin(head) else { return }
            _ = ([1, 2] as [UInt8]).withUnsafeBytes { sink.take($0) }
        }
        guard case .wrongRange = await fixture.file("memory://store/x").code else {
            Issue.record("accepted")
            return
        }
        #expect(try fixture.names.isEmpty)
    }

    @Test("2, 3: one that calls something unmodified that is not here is not believed")
    func notModified() async throws {
        let fixture = try fixture { (sink) throws(TransferError.Code) in
            var head = TransportHead()
            head.isNotModified = true
            guard try sink.begin(head) else { return }
            _ = ([65] as [UInt8]).withUnsafeBytes { sink.take($0) }
        }
        let response = try await fixture.page("memory://store/x").get()
        #expect(!response.isNotModified && response.bytes == [65])
    }
}
