import Digest
import FileIO
import SystemPackage
import Testing
import Transfer

@Suite("Where a request goes next, without network and clock")
struct RouteRuleTests {
    typealias Code = TransferError.Code

    private let three = ["http://a.example/x", "http://b.example/x", "http://c.example/x"]
    private let now = ContinuousClock.now

    private func route(_ urls: [String], isPage: Bool = false) throws -> TransferRoute {
        TransferRoute(try urls.map { try TransferURL($0) }, isPage: isPage)
    }

    private func policy(retries: Int) -> RetryPolicy {
        var configuration = TransferConfiguration()
        configuration.retries = retries
        return RetryPolicy(configuration)
    }

    /// An attempt that was made, by the host's letter, and the wait before it.
    private struct Visit: Equatable {
        let host: String
        let wait: Duration
    }

    /// Makes attempts until there are no more.
    private func walk(
        _ route: inout TransferRoute,
        retries: Int,
        failing: (_ host: String, _ number: Int) -> Code
    ) -> [Visit] {
        var generator = SeededGenerator(state: 11)
        var visits: [Visit] = []
        var wait = Duration.zero
        while visits.count < 1_000 {
            let host = Self.host(route)
            route.begin()
            visits.append(Visit(host: host, wait: wait))
            switch route.failed(failing(host, visits.count), policy(retries: retries), using: &generator) {
            case .end: return visits
            case .again(let next): wait = next
            }
        }
        Issue.record("it does not end")
        return visits
    }

    private static func host(_ route: TransferRoute) -> String {
        route.url.origin.split(separator: "/").last.map { String($0.prefix(1)) } ?? ""
    }

    // MARK: - Order, rounds and waits

    @Test("30, 49: URLs are tried in their order; only a round of all of them ends with a wait")
    func rounds() throws {
        var route = try route(three)
        let visits = walk(&route, retries: 2) { _, _ in .status(503, retryAfter: .seconds(40)) }
        #expect(visits.map(\.host) == ["a", "b", "c", "a", "b", "c", "a", "b", "c"])
        for (number, visit) in visits.enumerated() {
            let isRoundsFirst = number > 0 && number.isMultiple(of: 3)
            #expect(visit.wait == (isRoundsFirst ? .seconds(40) : .zero))
        }
        #expect(route.attempts == 9 && route.fallbacks == 8)
        #expect(route.error.attempts == 9 && route.error.fallbacks.count == 2)
    }

    @Test("49: a host that asked to be left alone is, also when another one was asked meanwhile")
    func retryAfterOfOneHost() throws {
        var route = try route(["http://a.example/x", "http://b.example/x"])
        let visits = walk(&route, retries: 1) { host, _ in
            host == "a" ? .status(503, retryAfter: .seconds(40)) : .stalled
        }
        #expect(visits.map(\.host) == ["a", "b", "a", "b"])
        #expect(visits[2].wait == .seconds(40))
    }

    /// Each failure, and how many attempts at one host it is worth when there may be five.
    static let worth: [(Code, Int)] = [
        (.unresolvable, 5), (.unreachable, 5), (.tlsHandshake, 5), (.timeout(.connect), 5), (.timeout(.firstByte), 5),
        (.stalled, 5), (.connectionLost, 5), (.protocolError, 5), (.shortBody(expected: 2, received: 1), 5),
        (.wrongRange("bytes 1-2/3"), 5), (.status(408, retryAfter: nil), 5), (.status(425, retryAfter: nil), 5),
        (.status(429, retryAfter: nil), 5), (.status(500, retryAfter: nil), 5), (.status(502, retryAfter: nil), 5),
        (.status(503, retryAfter: nil), 5), (.status(504, retryAfter: nil), 5), (.status(599, retryAfter: nil), 5),
        (.proxyRefused(502), 5),
        (.wrongSize(expected: 1, found: 2), 2), (.wrongDigest(.sha256, expected: [1], found: [2]), 2),
        (.htmlInsteadOfFile, 2),
        (.status(400, retryAfter: nil), 1), (.status(401, retryAfter: nil), 1), (.status(403, retryAfter: nil), 1),
        (.status(404, retryAfter: nil), 1), (.status(410, retryAfter: nil), 1), (.status(204, retryAfter: nil), 1),
        (.status(600, retryAfter: nil), 1), (.proxyRefused(407), 1), (.proxyRefused(0), 1), (.tls, 1), (.wrongPin, 1),
        (.redirectRefused(to: "ftp://a.example/", .scheme), 1), (.tooLong(limit: 1, declared: nil), 1),
        (.decompressionBomb(ratio: 1_000), 1), (.headTooLong(limit: 1), 1), (.credentialsRefused(401), 1),
        (.hostDown(.unreachable), 1), (.fileNotFound, 1), (.notAFile, 1), (.outsideFileRoots, 1), (.emptyPage, 1),
        (.unreadable(FileError(operation: "read", path: "/x", errno: .ioError)), 1),
        (.unsupportedScheme("gopher"), 1), (.invalidURL, 1),
    ]

    @Test("49: what may pass is repeated, a wrong body once, and the rest never", arguments: 0..<worth.count)
    func repetitions(number: Int) throws {
        let (code, count) = Self.worth[number]
        var alone = try route(["http://a.example/x"])
        #expect(walk(&alone, retries: 4) { _, _ in code }.count == count)
        #expect(alone.error.code == code && alone.error.attempts == count)
        // At three hosts it is worth three times as much, since none can speak for another.
        var together = try route(three)
        let visits = walk(&together, retries: 4) { _, _ in code }
        for host in ["a", "b", "c"] { #expect(visits.count { $0.host == host } == count) }
    }

    @Test("49: what is our own fault ends a request, whatever other hosts there are", arguments: 0..<3)
    func endsEverything(number: Int) throws {
        let codes: [Code] = [
            .cancelled, .configuration, .local(FileError(operation: "write", path: "/x", errno: .noSpace)),
        ]
        var first = try route(three)
        #expect(walk(&first, retries: 4) { _, _ in codes[number] }.map(\.host) == ["a"])
        #expect(first.error.code == codes[number])
        var second = try route(three)
        #expect(walk(&second, retries: 4) { host, _ in host == "a" ? .stalled : codes[number] }.count == 2)
        #expect(second.error.code == codes[number] && second.error.fallbacks.map(\.code) == [.stalled])
    }

    @Test("13, 30, 49: a wrong body is asked for once more at its host, after a wait, and then at the next host")
    func mismatch() throws {
        var route = try route(three)
        let visits = walk(&route, retries: 4) { _, _ in .wrongDigest(.sha256, expected: [1], found: [2]) }
        #expect(visits.map(\.host) == ["a", "a", "b", "b", "c", "c"])
        for visit in [visits[0], visits[2], visits[4]] { #expect(visit.wait == .zero) }
        for visit in [visits[1], visits[3], visits[5]] {
            #expect(visit.wait > .zero && visit.wait <= .milliseconds(500))
        }
    }

    @Test("49: two wrong bodies are two, whatever came between them")
    func mismatchesAmongOthers() throws {
        var route = try route(["http://a.example/x"])
        let visits = walk(&route, retries: 4) { _, number in
            number == 2 ? .status(503, retryAfter: nil) : .wrongSize(expected: 1, found: 2)
        }
        #expect(visits.count == 3)
    }

    @Test(
        "30: a page that is gone at the first URL is gone; what another host lacks says nothing",
        arguments: [404, 410]
    )
    func gone(status: Int) throws {
        let code = Code.status(status, retryAfter: nil)
        var page = try route(three, isPage: true)
        #expect(walk(&page, retries: 4) { _, _ in code }.map(\.host) == ["a"])
        #expect(page.error.code == code)

        var elsewhere = try route(three, isPage: true)
        let visits = walk(&elsewhere, retries: 1) { host, _ in host == "b" ? code : .unreachable }
        #expect(visits.map(\.host) == ["a", "b", "c", "a", "c"])
        #expect(elsewhere.error.code == .unreachable)

        var file = try route(three)
        #expect(walk(&file, retries: 4) { _, _ in code }.map(\.host) == ["a", "b", "c"])

        // The first URL answers at last that there is no such page, after others were asked.
        var late = try route(three, isPage: true)
        let visited = walk(&late, retries: 4) { host, number in host == "a" && number > 1 ? code : .stalled }
        #expect(visited.map(\.host) == ["a", "b", "c", "a"])
        #expect(late.error.code == code)
    }

    @Test("30: the error is the first one that may pass, else that of the first host; the others stand beside it")
    func choiceOfError() throws {
        let codes: [String: Code] = [
            "a": .status(404, retryAfter: nil), "b": .timeout(.connect), "c": .stalled,
        ]
        var route = try route(three)
        _ = walk(&route, retries: 0) { host, _ in codes[host] ?? .tls }
        #expect(route.error.code == .timeout(.connect) && route.error.url == three[1])
        #expect(route.error.isWorthRetrying && route.error.attempts == 3)
        #expect(route.error.fallbacks.map(\.url) == [three[0], three[2]])
        var final = try self.route(three)
        _ = walk(&final, retries: 0) { host, _ in host == "a" ? .tls : .notAFile }
        #expect(final.error.code == .tls && !final.error.isWorthRetrying)
    }

    @Test("29: an attempt that an old connection spoilt is not counted, a bounded number of times")
    func forgiven() throws {
        var route = try route(["http://a.example/x"])
        var count = 0
        while count < 1_000 {
            route.begin()
            guard route.forgiveAttempt() else { break }
            count += 1
        }
        #expect(count > 0 && count < 100)
        #expect(route.attempts == 1)
    }

    // MARK: - Any failures in any order

    @Test("30, 49: whatever fails, every host keeps its bounds, and every request ends")
    func random() throws {
        var generator = SeededGenerator(state: 42)
        for _ in 0..<3_000 {
            let hosts = ["a", "b", "c", "d"].prefix(Int.random(in: 1...4, using: &generator))
            let retries = Int.random(in: 0...4, using: &generator)
            let isPage = Bool.random(using: &generator)
            var route = try route(hosts.map { "http://\($0).example/x" }, isPage: isPage)
            var codes: [(host: String, code: Code, worth: Int)] = []
            let numbers = (0..<64).map { _ in Int.random(in: 0..<Self.worth.count, using: &generator) }
            let visits = walk(&route, retries: retries) { host, number in
                let (code, worth) = Self.worth[numbers[number % 64]]
                codes.append((host, code, worth))
                return code
            }
            #expect(visits.count == codes.count && route.attempts == visits.count)
            var counts: [String: Int] = [:]
            for (number, visit) in visits.enumerated() {
                let before = codes[..<number].filter { $0.host == visit.host }
                #expect(before.count <= retries)
                #expect(!before.contains { $0.worth == 1 })
                #expect(before.count { $0.worth == 2 } < 2)
                // Only who was asked less than the one before is asked at once.
                if number > 0, counts[visit.host, default: 0] < counts[visits[number - 1].host, default: 0] {
                    #expect(visit.wait == .zero)
                }
                #expect(visit.wait <= .seconds(30))
                counts[visit.host, default: 0] += 1
            }
            // Nobody was left out, unless the first URL said that the page is gone.
            let isGone = codes.last.map { isPage && $0.host == "a" && Self.saysGone($0.code) } ?? false
            if !isGone { #expect(counts.count == hosts.count) }
            #expect(codes.contains { $0.code == route.error.code })
        }
    }

    private static func saysGone(_ code: Code) -> Bool {
        switch code {
        case .status(404, _), .status(410, _), .fileNotFound: true
        default: false
        }
    }

    // MARK: - Hosts that cannot be asked

    @Test("30: a host that is down is passed over for one that is up, and the result says so")
    func passedOver() throws {
        var route = try route(three)
        let choice = route.choose { origin in
            origin.contains("//a.") ? .park(.unreachable) : origin.contains("//b.") ? .refuse(.tls) : .open
        }
        #expect(choice == .go && Self.host(route) == "c")
        #expect(route.failures.map(\.code) == [.hostDown(.unreachable), .tls])
        #expect(route.failures.map(\.url) == [three[0], three[1]] && route.attempts == 0)
    }

    @Test("30: where no host can be asked yet, the request waits for the one that it is at")
    func waiting() throws {
        var route = try route(three)
        #expect(route.choose { _ in .wait(until: now, .stalled) } == .wait(until: now))
        #expect(Self.host(route) == "a" && route.failures.isEmpty)
        #expect(route.choose { $0.contains("//a.") ? .refuse(.hostDown(.stalled)) : .park(.stalled) } == .park)
        #expect(Self.host(route) == "b")
        // What was refused once stays so.
        #expect(route.choose { $0.contains("//a.") ? .open : .wait(until: now, .stalled) } == .wait(until: now))
        #expect(route.choose { _ in .refuse(.credentialsRefused(401)) } == .end)
        #expect(route.error.code == .hostDown(.stalled) && route.error.fallbacks.count == 2)
    }

    @Test("2, 3: what is not of the network has no health")
    func local() throws {
        var route = try route(["file:///x"])
        #expect(route.choose { _ in .refuse(.tls) } == .go)
    }
}
