import TestSupport
import Testing

/// The settings of proxies act on the project list, the page, the file and the sidecar alike (requirement 8).
@Suite("Setting matrix: proxies") struct ProxySettingTests {
    /// A way to name a proxy.
    struct ProxyCase: Sendable, CustomTestStringConvertible {
        let name: String
        /// The keys, where `PROXY` stands for host and port.
        var configuration: [String: String] = [:]
        var secret: String?
        var environment: [String: String] = [:]
        /// What the proxy gets.
        var authorization: String?

        var testDescription: String { name }
    }

    private static let dead = "127.0.0.1:1"
    private static let password = "hunter2"

    static let proxyCases = [
        ProxyCase(name: "proxy", configuration: ["proxy": "'http://PROXY'"]),
        ProxyCase(
            name: "proxy in upstream.secret, above larder.toml",
            configuration: ["proxy": "'http://\(dead)'"],
            secret: "proxy = 'http://p:\(password)@PROXY'\n",
            authorization: basic("p", password)
        ),
        ProxyCase(
            name: "LARDER_UPSTREAM_PROXY, above both",
            configuration: ["proxy": "'http://\(dead)'"],
            secret: "proxy = 'http://q:q@\(dead)'\n",
            environment: ["LARDER_UPSTREAM_PROXY": "http://p:\(password)@PROXY"],
            authorization: basic("p", password)
        ),
        ProxyCase(name: "http_proxy of the environment", environment: ["http_proxy": "http://PROXY"]),
        ProxyCase(
            name: "proxy, above http_proxy",
            configuration: ["proxy": "'http://PROXY'"],
            environment: ["http_proxy": "http://\(dead)"]
        ),
        ProxyCase(
            name: "no-proxy of other hosts",
            configuration: ["proxy": "'http://PROXY'", "no-proxy": "['other.example', '.further.example']"]
        ),
        ProxyCase(
            name: "an empty no-proxy, above no_proxy",
            configuration: ["no-proxy": "[]"],
            environment: ["http_proxy": "http://PROXY", "no_proxy": "*"]
        ),
    ]

    @Test("8, 47: every request goes to the proxy, with its own credentials beside the origin's", arguments: proxyCases)
    func proxied(_ test: ProxyCase) throws {
        // The proxy answers for a host that nobody can resolve.
        let upstream = try MatrixUpstream()
        let proxy = String(upstream.server.origin.dropFirst("http://".count))
        func filled(_ text: String) -> String {
            text.replacing("//PROXY", with: "//\(proxy)").replacing("@PROXY", with: "@\(proxy)")
        }
        var files = ["secret-file": "the-token"]
        files["upstream.secret"] = test.secret.map(filled)
        let mirror = try TestMirror.matrix(
            of: "http://index.example/simple/",
            test.configuration.mapValues(filled).merging(["token-file": "'secret-file'"]) { $1 },
            files: files,
            environment: test.environment.mapValues(filled)
        )
        let result = try mirror.syncCompletely()
        let right = upstream.server.requests.resources { request in
            request.path.hasPrefix("http://index.example/")
                && request.header("Proxy-Authorization") == test.authorization
                && request.header("Authorization") == "Bearer the-token"
        }
        #expect(right == .everything)
        try mirror.expectNoTrace(of: [Self.password, "the-token"], after: result)
    }

    @Test(
        "8: no request to a host of no-proxy goes to the proxy",
        arguments: [
            ProxyCase(name: "no-proxy", configuration: ["proxy": "'http://\(dead)'", "no-proxy": "['127.0.0.1']"]),
            ProxyCase(
                name: "no-proxy of a net",
                configuration: ["proxy": "'http://\(dead)'", "no-proxy": "['127.0.0.0/8']"]
            ),
            ProxyCase(
                name: "no-proxy of all",
                configuration: ["no-proxy": "['*']"],
                environment: ["http_proxy": "http://\(dead)"]
            ),
            ProxyCase(
                name: "no_proxy of the environment",
                environment: ["http_proxy": "http://\(dead)", "no_proxy": "127.0.0.1"]
            ),
        ]
    )
    func direct(_ test: ProxyCase) throws {
        let upstream = try MatrixUpstream()
        let mirror = try TestMirror.matrix(
            of: upstream.server.url,
            test.configuration,
            environment: test.environment
        )
        try mirror.syncCompletely()
        #expect(upstream.server.requests.resources { $0.path.hasPrefix("/") } == .everything)
    }
}
