internal import Configuration
internal import Digest
internal import Scheduling
internal import Transfer

/// One upstream in a sync: what it answered so far, and how much of it is asked for at once.
final class SyncSource: Sendable {
    private struct Answers {
        var usable = 0
        var unusable = 0
        var hasPage = false
        var outage: String?
    }

    let upstream: Upstream
    /// A number that differs for upstreams that differ.
    let mark: UInt64
    /// Projects whose page is being asked for.
    let pageBudget: Budget
    /// Files that are being had.
    let fileBudget: Budget
    private let answers = Locked(Answers())

    /// An upstream that was not asked for anything yet.
    init(_ upstream: Upstream) throws(MirrorError) {
        self.upstream = upstream
        do throws(DigestError) {
            mark = try SHA256Digest.hash(upstream.settings.url.text.utf8).prefix
        } catch {
            throw .library("\(error)")
        }
        let connections = upstream.settings.connections
        pageBudget = Budget(items: max(16, connections * 2))
        fileBudget = Budget(items: max(64, connections * 8))
    }

    /// Whether it has given any answer that means something.
    var hasUsableAnswer: Bool { answers.withLock { $0.usable > 0 } }

    /// Whether it had a page of any project.
    var hasPage: Bool { answers.withLock { $0.hasPage } }

    /// Why it is not asked any more in this run; `nil` while it is.
    var outage: String? { answers.withLock { $0.outage } }

    /// Notes an answer that means something.
    func noteUsableAnswer() {
        answers.withLock { $0.usable += 1 }
    }

    /// Notes that it had the page of a project.
    func notePage() {
        answers.withLock { $0.hasPage = true }
    }

    /// Notes that it is not to be asked any more.
    func note(outage: String) {
        answers.withLock { $0.outage = $0.outage ?? outage }
    }

    /// Notes that a request for a list or a page had no answer that means anything.
    ///
    /// - Throws: ``MirrorError/unreachable(_:)`` after several of them and none that does, since there is no sense in
    ///   asking for the rest.
    func noteUnusableAnswer(_ error: TransferError) throws(MirrorError) {
        if case .local(let cause) = error.code { throw .file(cause) }
        guard error.code.concernsAll else { return }
        let isHopeless = answers.withLock { answers in
            answers.unusable += 1
            return answers.usable == 0 && (answers.unusable >= 3 || error.code.isOfHost)
        }
        if isHopeless { throw Self.unreachable(error) }
    }

    /// The error of an upstream of which nothing can be had.
    static func unreachable(_ error: TransferError) -> MirrorError {
        switch error.code {
        case .local(let cause): .file(cause)
        case .status(401, _), .status(403, _), .credentialsRefused(401), .credentialsRefused(403):
            .unreachable("\(error); the upstream refuses the credentials")
        default: .unreachable("\(error)")
        }
    }
}

extension TransferError.Code {
    /// Whether the failure is likely the same for every page of the upstream: nobody there, or nobody lets us in.
    fileprivate var concernsAll: Bool {
        switch self {
        case .unresolvable, .unreachable, .tls, .wrongPin, .tlsHandshake, .timeout, .connectionLost, .protocolError,
            .proxyRefused, .headTooLong:
            true
        case .status(let status, _): status == 401
        default: isOfHost
        }
    }

    /// Whether the engine found it out about the host, and not about one page.
    fileprivate var isOfHost: Bool {
        switch self {
        case .hostDown, .credentialsRefused: true
        default: false
        }
    }
}
