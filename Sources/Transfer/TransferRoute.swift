/// Where one request can be sent, and what became of it there: the rules of going on, without clocks and sockets.
///
/// The URLs are tried in their order. What may pass sends a request on to the next host at once, and back to the first
/// one, after a wait, when all were tried as often. A body that is not the expected one is asked for once more at the
/// same host, which is then given up, as it is after any answer that will not change.
package struct TransferRoute {
    /// A point in time.
    package typealias Instant = ContinuousClock.Instant

    /// How a request goes on.
    package enum Step: Equatable {
        /// With another attempt at the current URL after a wait.
        case again(after: Duration)
        /// Not at all.
        case end
    }

    /// What a request waits for.
    package enum Choice: Equatable {
        /// Nothing: it may be sent to the current URL.
        case go
        /// The time.
        case wait(until: Instant)
        /// The one that tries the current URL's host.
        case park
        /// There is no URL left.
        case end
    }

    private struct Stop {
        let url: TransferURL
        var attempts = 0
        var mismatches = 0
        var isGivenUp = false
        var error: TransferError?
    }

    private static let forgivable = 16

    private let isPage: Bool
    private var stops: [Stop]
    private var fatal: TransferError?
    private var current = 0
    private var forgiven = 0
    /// How many attempts were made.
    package private(set) var attempts = 0
    /// How many times the request went on to another URL.
    package private(set) var fallbacks = 0

    /// The way of a request that was made nowhere yet.
    ///
    /// - Parameters:
    ///   - urls: The URLs in their order, at least one.
    ///   - isPage: Whether a page is asked for, of which the first URL says whether there is one.
    package init(_ urls: [TransferURL], isPage: Bool) {
        stops = urls.map { Stop(url: $0) }
        self.isPage = isPage
    }

    /// Whether it goes where it was to go first.
    var isAtFirst: Bool { current == 0 }

    /// Where the request was to go first.
    var first: TransferURL { stops[0].url }

    /// Where the request goes now.
    package var url: TransferURL { stops[current].url }

    /// Counts an attempt at the current URL.
    package mutating func begin() {
        attempts += 1
        stops[current].attempts += 1
    }

    /// Takes back the count of an attempt that was nobody's failure.
    ///
    /// - Returns: Whether it was taken back, which is done so many times only.
    package mutating func forgiveAttempt() -> Bool {
        guard forgiven < Self.forgivable else { return false }
        forgiven += 1
        attempts -= 1
        stops[current].attempts -= 1
        return true
    }

    /// Takes in how the last attempt ended.
    ///
    /// - Parameters:
    ///   - code: Why it failed.
    ///   - detail: What libcurl says of it.
    ///   - policy: How often, and after which waits.
    ///   - generator: Where the jitter comes from.
    /// - Returns: How the request goes on, if its hosts let it.
    package mutating func failed(
        _ code: TransferError.Code,
        detail: String? = nil,
        _ policy: RetryPolicy,
        using generator: inout some RandomNumberGenerator
    ) -> Step {
        let failed = current
        let error = TransferError(code, url: url.text, attempts: stops[failed].attempts, detail: detail)
        stops[failed].error = error
        if code.endsEverything || (isPage && failed == 0 && code.saysGone) {
            fatal = error
            return .end
        }
        if case .once = code.retry { stops[failed].mismatches += 1 }
        let tried = stops[failed]
        if code.retry == .never || tried.mismatches > 1 || tried.attempts > policy.retries {
            stops[failed].isGivenUp = true
        }
        guard let next = next(after: code) else { return .end }
        move(to: next)
        // Another host has nothing to do with what this one did; but a round of all of them ends with a wait.
        if next != failed, stops[next].attempts < tried.attempts {
            return .again(after: .zero)
        }
        // What the host asked for the last time holds, and not what another one asked for.
        let last = stops[next].error?.code ?? code
        return .again(after: policy.delay(after: last, attempts: stops[next].attempts, using: &generator))
    }

    /// Finds a URL whose host can be asked.
    ///
    /// - Parameter admission: Whether a host can be.
    /// - Returns: What the request waits for.
    package mutating func choose(_ admission: (_ origin: String) -> HostHealth.Admission) -> Choice {
        var best: (stop: Int, choice: Choice)?
        var passed: [(stop: Int, code: TransferError.Code)] = []
        for stop in order where !stops[stop].isGivenUp {
            let choice: Choice
            switch stops[stop].url.scheme.isOfNetwork ? admission(stops[stop].url.origin) : .open {
            case .open:
                for (passed, code) in passed where stops[passed].error == nil { note(.hostDown(code), at: passed) }
                move(to: stop)
                return .go
            case .wait(let instant, let code):
                choice = .wait(until: instant)
                passed.append((stop, code))
            case .park(let code):
                choice = .park
                passed.append((stop, code))
            case .refuse(let code):
                stops[stop].isGivenUp = true
                note(code, at: stop)
                continue
            }
            if best == nil { best = (stop, choice) }
        }
        guard let best else { return .end }
        move(to: best.stop)
        return best.choice
    }

    /// Why the request failed: what ended it, else what is most worth another try, else what the first URL said.
    package var error: TransferError {
        let errors = stops.compactMap(\.error)
        let first = errors.first { $0.isWorthRetrying } ?? errors.first
        guard let main = fatal ?? first else {
            return TransferError(.cancelled, url: stops[0].url.text, attempts: attempts)
        }
        return TransferError(
            main.code,
            url: main.url,
            attempts: attempts,
            detail: main.detail,
            fallbacks: errors.filter { $0 != main }
        )
    }

    /// The error of a request that ends here for a reason of its own.
    func error(_ code: TransferError.Code) -> TransferError {
        TransferError(code, url: url.text, attempts: attempts, fallbacks: failures)
    }

    /// Why the other URLs were left.
    package var failures: [TransferError] { stops.indices.filter { $0 != current }.compactMap { stops[$0].error } }

    /// All URLs, the current one first.
    private var order: [Int] { [current] + stops.indices.filter { $0 != current } }

    private mutating func note(_ code: TransferError.Code, at stop: Int) {
        stops[stop].error = TransferError(code, url: stops[stop].url.text, attempts: stops[stop].attempts)
    }

    private mutating func move(to stop: Int) {
        if stop != current { fallbacks += 1 }
        current = stop
    }

    /// The URL to go on with: the same one after a body that was not the expected one, else one that was tried least.
    private func next(after code: TransferError.Code) -> Int? {
        if code.retry == .once, !stops[current].isGivenUp { return current }
        return stops.indices.filter { !stops[$0].isGivenUp }.min { stops[$0].attempts < stops[$1].attempts }
    }
}

extension TransferError.Code {
    /// Whether no other URL can help.
    fileprivate var endsEverything: Bool {
        switch self {
        case .cancelled, .configuration, .local, .digest: true
        default: false
        }
    }

    /// Whether the host says that there is no such thing.
    fileprivate var saysGone: Bool {
        switch self {
        case .status(404, _), .status(410, _), .fileNotFound: true
        default: false
        }
    }
}
