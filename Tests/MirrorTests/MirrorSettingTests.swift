import TestSupport
import Testing

/// `file-mirrors` and `index-mirrors` (requirements 8 and 30).
@Suite("Setting matrix: mirrors") struct MirrorSettingTests {
    private let upstream: MatrixUpstream
    private let other: MatrixUpstream

    init() throws {
        upstream = try MatrixUpstream()
        other = try MatrixUpstream()
        for resource in [Resource.file, .sidecar] {
            other.server.set("/below" + other.path(of: resource), other.reply(to: resource))
        }
    }

    /// Identity for the upstream, which mirrors must not get.
    private let identity = [
        "username": "'me'", "password": "'hunter2'", "headers": "{ 'X-Team' = 'packages' }",
        "contact": "'ops@mirror.example'", "retries": "0",
    ]

    private func isAnonymous(_ request: ServerRequest) -> Bool {
        request.header("Authorization") == nil && request.header("X-Team") == nil
            && request.header("User-Agent")?.hasSuffix("(+ops@mirror.example)") ?? false
    }

    private func isIdentified(_ request: ServerRequest) -> Bool {
        request.header("Authorization") == basic("me", "hunter2") && request.header("X-Team") == "packages"
    }

    private func mirror(_ configuration: [String: String]) throws -> TestMirror {
        try .matrix(of: upstream.server.url, identity.merging(configuration) { $1 })
    }

    private var below: String { "'\(other.server.origin)/below/'" }

    @Test("8, 30: file and sidecar come from the first file mirror, which is told nothing but who to contact")
    func fileMirror() throws {
        try mirror(["file-mirrors": "[\(below)]"]).syncCompletely()
        #expect(other.server.requests.resources(where: isAnonymous) == [.file, .sidecar])
        #expect(other.server.requestedPaths.allSatisfy { $0.hasPrefix("/below/files/") })
        #expect(upstream.server.requests.resources(where: isIdentified) == [.list, .page])
        #expect(upstream.server.requests.resources == [.list, .page])
    }

    @Test("8, 30: what a file mirror lacks or has wrong comes from the upstream", arguments: [false, true])
    func fallback(isWrong: Bool) throws {
        for resource in [Resource.file, .sidecar] {
            var wrong = other.reply(to: resource)
            wrong.body[wrong.body.count / 2] ^= 1
            other.server.set(
                "/below" + other.path(of: resource),
                isWrong ? wrong : .failing("404 Not Found")
            )
        }
        try mirror(["file-mirrors": "[\(below)]"]).syncCompletely()
        #expect(other.server.requests.resources(where: isAnonymous) == [.file, .sidecar])
        #expect(upstream.server.requests.resources(where: isIdentified) == .everything)
    }

    @Test("8, 30: the upstream's own URL has its place in the order")
    func placed() throws {
        try mirror(["file-mirrors": "['upstream', \(below)]"]).syncCompletely()
        #expect(other.server.requests.isEmpty)
        #expect(upstream.server.requests.resources == .everything)
    }

    @Test("8, 30: a file mirror stands in for an upstream that has lost its files")
    func placedLater() throws {
        for resource in [Resource.file, .sidecar] {
            upstream.server.set(upstream.path(of: resource), .failing("500 Internal Server Error"))
        }
        try mirror(["file-mirrors": "['upstream', \(below)]"]).syncCompletely()
        #expect(upstream.server.requests.resources == .everything)
        #expect(other.server.requests.resources(where: isAnonymous) == [.file, .sidecar])
    }

    @Test("8, 30: an index mirror stands in for list and page, and links on its pages start there")
    func indexMirror() throws {
        for resource in [Resource.list, .page] {
            upstream.server.set(upstream.path(of: resource), .failing("503 Service Unavailable"))
        }
        try mirror(["index-mirrors": "['\(other.server.url)']"]).syncCompletely()
        #expect(upstream.server.requests.resources(where: isIdentified) == [.list, .page])
        #expect(upstream.server.requests.resources == [.list, .page])
        #expect(other.server.requests.resources(where: isAnonymous) == .everything)
    }

    @Test("8, 30: an index mirror is not asked for what the upstream has or says it has not")
    func notAsked() throws {
        let gone = try ScriptedProject("good-01")
        upstream.server.list([upstream.project, gone])
        other.server.publish([other.project, gone])
        let mirror = try mirror(["index-mirrors": "['\(other.server.url)']"])
        let result = try mirror.sync()
        #expect(upstream.server.requestedPaths.contains("/simple/good-01/"))
        #expect(other.server.requests.isEmpty, "\(result)")
        #expect(try mirror.listedProjects() == ["good-00"])
    }

    @Test("What only a mirror lacks is not gone: nothing is taken off")
    func lacking() throws {
        let mirror = try mirror(["index-mirrors": "['\(other.server.url)']"])
        try mirror.syncCompletely()
        var project = upstream.project
        project.serial = 2
        upstream.server.list([project])
        upstream.server.set(upstream.path(of: .page), .failing("500 Internal Server Error"))
        other.server.remove(other.path(of: .page))
        let result = try mirror.sync()
        #expect(result.exitCode == 3, "\(result)")
        #expect(result.report.int("projects.removed") == 0)
        #expect(try mirror.listedProjects() == ["good-00"])
    }

    @Test("The validator of an index mirror is not the upstream's")
    func validators() throws {
        upstream.server.set(upstream.path(of: .page), .failing("503 Service Unavailable"), upstream.project.page)
        let mirror = try mirror(["index-mirrors": "['\(other.server.url)']"])
        try mirror.syncCompletely()
        #expect(try mirror.run("sync", "good-00").exitCode == 0)
        let conditions = upstream.server.requests.filter { Resource($0.path) == .page }.map {
            $0.header("If-None-Match")
        }
        #expect(conditions == [nil, nil])
    }
}
