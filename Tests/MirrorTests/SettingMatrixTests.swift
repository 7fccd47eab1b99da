import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

/// Each setting of `[upstream]` acts on the project list, the page, the file and the sidecar alike (requirement 8).
@Suite("Setting matrix") struct SettingMatrixTests {
    /// A setting that shows in a header.
    struct HeaderCase: Sendable, CustomTestStringConvertible {
        let name: String
        var configuration: [String: String] = [:]
        var files: [String: String] = [:]
        var environment: [String: String] = [:]
        var header = "Authorization"
        let value: String

        var testDescription: String { name }
    }

    static let secret = "hunter2"

    static let headerCases = [
        HeaderCase(
            name: "contact",
            configuration: ["contact": "'ops@mirror.example'"],
            header: "User-Agent",
            value: "(+ops@mirror.example)"
        ),
        HeaderCase(
            name: "headers",
            configuration: ["headers": "{ 'X-Team' = '\(secret)' }"],
            header: "X-Team",
            value: secret
        ),
        HeaderCase(
            name: "username, password",
            configuration: ["username": "'me'", "password": "'\(secret)'"],
            value: basic("me", secret)
        ),
        HeaderCase(
            name: "username alone",
            configuration: ["username": "'me'"],
            value: basic("me", "")
        ),
        HeaderCase(
            name: "password-file",
            configuration: ["username": "'me'", "password-file": "'secret-file'"],
            files: ["secret-file": "\(secret)\n"],
            value: basic("me", secret)
        ),
        HeaderCase(
            name: "token-file",
            configuration: ["token-file": "'secret-file'"],
            files: ["secret-file": secret],
            value: "Bearer \(secret)"
        ),
        HeaderCase(
            name: "netrc-file",
            configuration: ["netrc-file": "'secret-file'"],
            files: ["secret-file": "machine 127.0.0.1\nlogin me\npassword \(secret)\n"],
            value: basic("me", secret)
        ),
        HeaderCase(
            name: "upstream.secret with a password",
            files: ["upstream.secret": "username = 'me'\npassword = '\(secret)'\n"],
            value: basic("me", secret)
        ),
        HeaderCase(
            name: "upstream.secret with a token",
            files: ["upstream.secret": "token = '\(secret)'\n"],
            value: "Bearer \(secret)"
        ),
        HeaderCase(
            name: "LARDER_UPSTREAM_USERNAME and _PASSWORD, above the files",
            configuration: ["username": "'other'", "password": "'other'"],
            files: ["upstream.secret": "username = 'other'\npassword = 'other'\n"],
            environment: ["LARDER_UPSTREAM_USERNAME": "me", "LARDER_UPSTREAM_PASSWORD": secret],
            value: basic("me", secret)
        ),
        HeaderCase(
            name: "LARDER_UPSTREAM_TOKEN, above the files",
            configuration: ["netrc-file": "'secret-file'"],
            files: ["secret-file": "machine 127.0.0.1\nlogin other\npassword other\n"],
            environment: ["LARDER_UPSTREAM_TOKEN": secret],
            value: "Bearer \(secret)"
        ),
    ]

    @Test("8: what is to be in a header is in that of every request, and nowhere else", arguments: headerCases)
    func headers(of test: HeaderCase) throws {
        let upstream = try MatrixUpstream()
        let mirror = try TestMirror.matrix(
            of: upstream.server.url,
            test.configuration,
            files: test.files,
            environment: test.environment
        )
        let result = try mirror.syncCompletely()
        let right = upstream.server.requests.resources { request in
            let value = request.header(test.header)
            return test.header == "User-Agent" ? value?.hasSuffix(test.value) ?? false : value == test.value
        }
        #expect(right == .everything)
        let traces = [Self.secret, Data("me:\(Self.secret)".utf8).base64EncodedString()]
        try mirror.expectNoTrace(of: traces, after: result)
    }

    @Test("8: without credentials, none are sent")
    func anonymous() throws {
        let upstream = try MatrixUpstream()
        try TestMirror.matrix(of: upstream.server.url).syncCompletely()
        #expect(upstream.server.requests.resources { $0.header("Authorization") == nil } == .everything)
        #expect(
            upstream.server.requests.resources { $0.header("User-Agent")?.hasPrefix("larder/") ?? false } == .everything
        )
    }

    @Test("8: netrc speaks for the hosts that it names only")
    func netrcOfAnotherHost() throws {
        let upstream = try MatrixUpstream()
        let mirror = try TestMirror.matrix(
            of: upstream.server.url,
            ["netrc-file": "'secret-file'"],
            files: ["secret-file": "machine index.example\nlogin me\npassword \(Self.secret)\n"]
        )
        try mirror.syncCompletely()
        #expect(upstream.server.requests.resources { $0.header("Authorization") == nil } == .everything)
    }

    @Test("No secret is in the list of processes")
    func processList() throws {
        let upstream = try MatrixUpstream()
        var late = upstream.reply(to: .list)
        late.delay = 500_000
        upstream.server.set(upstream.path(of: .list), late)
        let mirror = try TestMirror.matrix(
            of: upstream.server.url,
            ["username": "'me'"],
            files: ["upstream.secret": "password = '\(Self.secret)'\nproxy = '\(upstream.server.origin)'\n"]
        )
        let sync = try mirror.start(["sync"])
        while upstream.server.requests.isEmpty, sync.isRunning { usleep(1_000) }
        let line = try String(contentsOfFile: "/proc/\(sync.id)/cmdline", encoding: .utf8)
        #expect(sync.wait() == 0)
        #expect(line.contains("sync") && !line.contains(Self.secret))
        #expect(
            upstream.server.requests.resources { $0.header("Authorization") == basic("me", Self.secret) } == .everything
        )
    }

    // MARK: Limits

    @Test(
        "8: every request counts for the bound of connections",
        arguments: [["connections": "3"], ["connections": "10", "connections-per-host": "3"]]
    )
    func connections(configuration: [String: String]) throws {
        let upstream = ScriptedUpstream()
        let projects = try [ScriptedProject].good(30)
        upstream.publish(projects)
        for project in projects {
            var page = project.page
            page.delay = 20_000
            upstream.set("/simple/\(project.name)/", page)
            for file in project.files {
                upstream.set("/files/\(file.path)", .init(body: file.bytes, delay: 20_000))
                upstream.set("/files/\(file.path).metadata", .init(body: file.metadata ?? [], delay: 20_000))
            }
        }
        try TestMirror.matrix(of: upstream.url, configuration).syncCompletely()
        #expect(upstream.requests.count == 91 && upstream.requests.resources == .everything)
        #expect((2...3).contains(upstream.peakConnections))
    }

    @Test("8, 65: every request counts for the bound of requests in a second")
    func requestRate() throws {
        let upstream = ScriptedUpstream()
        upstream.publish(try .good(8))
        let mirror = try TestMirror.matrix(of: upstream.url, ["requests-per-second": "10"])
        let start = ContinuousClock.now
        try mirror.syncCompletely()
        // 25 requests, of which 10 may go at once. Without those of one kind it would be less than a second.
        #expect(upstream.requests.count == 25 && upstream.requests.resources == .everything)
        #expect(ContinuousClock.now - start >= .milliseconds(1_450))
    }

    @Test("8, 65: every body counts for the bound of bytes in a second")
    func byteRate() throws {
        let upstream = ScriptedUpstream()
        var project = try ScriptedProject("good-00")
        let padding = [UInt8](repeating: UInt8(ascii: " "), count: 600_000)
        project.files.append(try .init(filename: "good_00-0.9.tar.gz", bytes: padding))
        upstream.publish([project])
        var page = project.page
        page.body += padding
        upstream.set("/simple/good-00/", page)
        var list = ScriptedUpstream.Reply.json([
            "meta": ["api-version": "1.1", "_last-serial": 1], "projects": [["name": "good-00", "_last-serial": 1]],
        ])
        list.body += padding
        upstream.set("/simple/", list)
        let mirror = try TestMirror.matrix(of: upstream.url, ["bytes-per-second": "'600kB'"])
        let start = ContinuousClock.now
        try mirror.syncCompletely()
        #expect(upstream.requests.resources == .everything)
        // 1.8 MB, of which a second's worth may come at once. Without one of the three it would be 1 second.
        #expect(ContinuousClock.now - start >= .milliseconds(1_500))
    }

    // MARK: Patience

    @Test("8: a request is tried again as often as is configured", arguments: Resource.allCases, [0, 1])
    func retries(of resource: Resource, count: Int) throws {
        let upstream = try MatrixUpstream()
        upstream.server.set(upstream.path(of: resource), .failing("503 Service Unavailable"))
        let mirror = try TestMirror.matrix(of: upstream.server.url, ["retries": "\(count)"])
        let result = try mirror.sync()
        #expect(result.exitCode == (resource == .list ? 69 : 3), "\(result)")
        #expect(upstream.count(of: resource) == count + 1)
    }

    @Test("8: an answer is waited for as long as is configured", arguments: Resource.allCases)
    func firstByte(of resource: Resource) throws {
        let upstream = try MatrixUpstream()
        var late = upstream.reply(to: resource)
        late.delay = 3_000_000
        upstream.server.set(upstream.path(of: resource), late, upstream.reply(to: resource))
        let mirror = try TestMirror.matrix(of: upstream.server.url, ["first-byte-timeout": "1"])
        let result = try mirror.syncCompletely()
        #expect(upstream.count(of: resource) >= 2)
        #expect((result.report.int("requests.retries") ?? 0) >= 1)
    }

    @Test("8: a body that stands still is given up as configured", arguments: Resource.allCases)
    func stall(of resource: Resource) throws {
        let upstream = try MatrixUpstream()
        var stalled = upstream.reply(to: resource)
        stalled.stallsAfter = 20
        upstream.server.set(upstream.path(of: resource), stalled, upstream.reply(to: resource))
        let mirror = try TestMirror.matrix(of: upstream.server.url, ["stall-timeout": "1"])
        let result = try mirror.syncCompletely()
        #expect(upstream.count(of: resource) >= 2)
        #expect((result.report.int("requests.retries") ?? 0) >= 1)
    }
}
