import SystemPackage
import TestSupport
import Testing

/// The settings of TLS act on the project list, the page, the file and the sidecar alike (requirement 8).
@Suite("Setting matrix: TLS", .enabled(if: NginxServer.program != nil, "nginx is not installed"))
struct SecureSettingTests {
    private func mirror(_ upstream: SecureUpstream, _ configuration: [String: String]) throws -> TestMirror {
        try .matrix(of: upstream.url, configuration.merging(["retries": "0"]) { $1 })
    }

    @Test("8, 43: the certificates of ca-file are trusted for every request, and no others")
    func authority() throws {
        let upstream = try SecureUpstream()
        for configuration in [[:], ["ca-file": upstream.path("other-ca.pem")]] {
            let result = try mirror(upstream, configuration).sync()
            #expect(result.exitCode == 69, "\(result)")
        }
        #expect(try upstream.requests.isEmpty)
        try mirror(upstream, ["ca-file": upstream.path("ca.pem")]).syncCompletely()
        #expect(try upstream.resources { $0.status == 200 } == .everything)
    }

    @Test("8, 44: the client's certificate is shown in every request")
    func clientCertificate() throws {
        let upstream = try SecureUpstream(asksForCertificate: true)
        let anonymous = try mirror(upstream, ["ca-file": upstream.path("ca.pem")]).sync()
        #expect(anonymous.exitCode == 69, "\(anonymous)")
        let refused = try upstream.requests.count
        #expect(try upstream.requests.allSatisfy { $0.status == 400 && $0.client == nil })
        let configuration = [
            "ca-file": upstream.path("ca.pem"), "client-certificate": upstream.path("client.pem"),
            "client-key": upstream.path("client.key"),
        ]
        try mirror(upstream, configuration).syncCompletely()
        let requests = try upstream.requests.dropFirst(refused)
        #expect(Set(requests.map(\.resource)) == .everything)
        #expect(requests.allSatisfy { $0.client == "CN=client" && $0.status == 200 })
    }

    @Test("8: a key that is not pinned is refused before anything is asked")
    func pins() throws {
        let upstream = try SecureUpstream()
        let wrong = "sha256//" + String(repeating: "A", count: 43) + "="
        for more in [[:], ["insecure": "true"]] {
            let configuration = ["ca-file": upstream.path("ca.pem"), "pins": "['\(wrong)']"]
            let result = try mirror(upstream, configuration.merging(more) { $1 }).sync()
            #expect(result.exitCode == 69, "\(result)")
        }
        #expect(try upstream.requests.isEmpty)
        let pins = "['\(wrong)', '\(try upstream.pin)']"
        try mirror(upstream, ["ca-file": upstream.path("ca.pem"), "pins": pins]).syncCompletely()
        #expect(try upstream.resources { $0.status == 200 } == .everything)
    }

    @Test("8, 43: insecure trusts every certificate, and says so once a run, however quiet")
    func insecure() throws {
        let upstream = try SecureUpstream()
        let mirror = try mirror(upstream, ["ca-file": upstream.path("other-ca.pem"), "insecure": "true"])
        let first = try mirror.syncCompletely()
        #expect(try upstream.resources { $0.status == 200 } == .everything)
        let runs = try [
            first, mirror.run("sync"), mirror.run("sync", "--quiet"), mirror.run("sync", "--quiet", "--json"),
            mirror.run("sync", "--log-format", "json"),
        ]
        for run in runs {
            #expect(run.exitCode == 0, "\(run)")
            #expect(run.errors.split(separator: "\n").count { $0.contains("not checked") } == 1, "\(run)")
        }
        // What becomes of the file does not matter here.
        let file = "https://\(upstream.authority)/none.whl"
        let fetch = try mirror.run("fetch", "--quiet", "--directory", mirror.folder.path.string, file)
        #expect(fetch.errors.split(separator: "\n").count { $0.contains("not checked") } == 1, "\(fetch)")
        try mirror.configure("insecure", "false")
        let checked = try mirror.run("sync")
        #expect(checked.exitCode == 69)
        #expect(!checked.errors.contains("not checked"))
    }
}
