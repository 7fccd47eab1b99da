import Digest
import Glibc
import TestSupport
import Testing
import Transfer

/// One answer that a server sends, byte by byte, and what has to come of it.
struct WireCase: Sendable, CustomTestStringConvertible {
    /// A part of the answer.
    enum Step: Sendable, ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
        case bytes([UInt8])
        /// The same text again and again.
        case repeated(String, Int)
        /// One byte every 20 ms until the client goes away.
        case trickle(String)
        /// Nothing until the client goes away.
        case silence
        /// The connection is reset at the end.
        case reset
        /// The connection stays open for further requests.
        case keepAlive

        init(stringLiteral text: String) { self = .bytes(Array(text.utf8)) }
    }

    /// What has to come of it.
    enum Outcome: Sendable {
        /// The whole body, in one attempt.
        case body([UInt8])
        /// One of these failures.
        case failure([TransferError.Code])
        /// A failure of a kind.
        case matching(@Sendable (TransferError.Code) -> Bool)
    }

    /// What the request is for.
    enum Kind: Sendable {
        case page
        case file
    }

    /// The number in the table of requirements, and what the server does.
    let testDescription: String
    let kind: Kind
    /// The size that the index named.
    let size: UInt64?
    /// What the body should be, of which the index named the digest.
    let truth: String?
    /// How many times the request is to be made, when one repetition is allowed.
    let attempts: Int
    let configure: @Sendable (inout TransferConfiguration) -> Void
    let steps: [Step]
    let outcome: Outcome

    init(
        _ name: String,
        as kind: Kind = .file,
        size: UInt64? = nil,
        truth: String? = nil,
        attempts: Int = 1,
        _ steps: [Step],
        _ outcome: Outcome,
        configure: @escaping @Sendable (inout TransferConfiguration) -> Void = { _ in }
    ) {
        testDescription = name
        (self.kind, self.size, self.truth, self.attempts) = (kind, size, truth, attempts)
        (self.steps, self.outcome, self.configure) = (steps, outcome, configure)
    }

    /// Makes the request, compares, and makes sure that the next request of the same engine gets its own answer.
    func check() async throws {
        let server = ScriptedServer { [self] connection, request, _ in
            guard request.path != "/next" else {
                connection.answer(Array("next".utf8))
                return .keepAlive
            }
            return play(on: connection)
        }
        defer { server.stop() }
        let fixture = try EngineFixture {
            $0.retries = 1
            configure(&$0)
        }
        let digests = try truth.map { [DigestAlgorithm.sha256: try SHA256Digest.hash(Array($0.utf8)).bytes] } ?? [:]
        let result =
            switch kind {
            case .page: await fixture.page(server.url(), limit: size)
            case .file: await fixture.file(server.url(), size: size, digests: digests)
            }
        switch result {
        case .success(let response): try compare(response, fixture)
        case .failure(let error): try compare(error, fixture)
        }
        #expect(server.requests.count == attempts)
        let next = await fixture.page(server.url("/next"))
        #expect(try next.get().bytes == Array("next".utf8))
    }

    private func compare(_ response: TransferResponse, _ fixture: EngineFixture) throws {
        guard case .body(let body) = outcome else {
            Issue.record("accepted \(response.size) bytes")
            return
        }
        #expect(response.size == UInt64(body.count) && response.attempts == attempts)
        switch kind {
        case .page: #expect(response.bytes == body)
        case .file: #expect(try fixture.bytes() == body)
        }
    }

    private func compare(_ error: TransferError, _ fixture: EngineFixture) throws {
        switch outcome {
        case .body: Issue.record("\(error)")
        case .failure(let codes): #expect(codes.contains(error.code))
        case .matching(let isExpected): #expect(isExpected(error.code), "\(error)")
        }
        #expect(error.attempts == attempts)
        #expect(!"\(error)".contains { $0.isNewline })
        #expect(try fixture.names.isEmpty)
    }

    private func play(on connection: ServerConnection) -> ScriptedServer.Next {
        var next = ScriptedServer.Next.close
        for step in steps {
            switch step {
            case .bytes(let bytes): connection.send(bytes)
            case .repeated(let text, let count):
                let bytes = Array(text.utf8)
                for _ in 0..<count where !connection.send(bytes) { return .close }
            case .trickle(let text):
                let bytes = Array(text.utf8)
                var index = 0
                while connection.send([bytes[index % bytes.count]]) {
                    index += 1
                    usleep(20_000)
                }
            case .silence: connection.waitForEnd()
            case .reset: connection.reset()
            case .keepAlive: next = .keepAlive
            }
        }
        return next
    }
}

extension WireCase.Outcome {
    /// A body of text.
    static func text(_ text: String) -> Self { .body(Array(text.utf8)) }
    /// Exactly this failure.
    static func code(_ code: TransferError.Code) -> Self { .failure([code]) }
    /// A failure with a status, whatever it says of later requests.
    static func status(_ status: Int) -> Self {
        .matching { code in
            if case .status(status, _) = code { true } else { false }
        }
    }
    /// A head that is too long, by our own limit or by libcurl's for one line.
    static var headTooLong: Self {
        .matching { code in
            if case .headTooLong = code { true } else { false }
        }
    }
    /// A wrong digest.
    static var wrongDigest: Self {
        .matching { code in
            if case .wrongDigest = code { true } else { false }
        }
    }
}
