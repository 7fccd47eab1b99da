import Digest
import Foundation
import Scheduling
import TestSupport

/// A simple index on the loopback interface, whose every answer a test can replace.
final class ScriptedUpstream: Sendable {
    /// One answer.
    struct Reply: Sendable {
        var status = "200 OK"
        var headers: [String] = []
        var body: [UInt8] = []
        /// How long the server thinks, in microseconds.
        var delay: UInt32 = 0
        /// What has to be opened before the server answers.
        var gate: Gate?
        /// After how many bytes of the body nothing more comes; `nil` for all of it.
        var stallsAfter: Int?
        /// After how many bytes of the body the connection ends; `nil` for all of it.
        var breaksAfter: Int?
        /// The body for who takes no compressed one; `nil` for the same.
        var identityBody: [UInt8]?
        /// Whether the rest of the body can be asked for.
        var servesRanges = false

        static func failing(_ status: String) -> Reply { Reply(status: status, body: Array(status.utf8)) }
    }

    /// Holds answers back until a test has seen enough.
    final class Gate: Sendable {
        private let isOpen = Locked(false)

        /// Lets all answers through.
        func open() { isOpen.withLock { $0 = true } }

        /// Waits until it is open; a minute at most, so that nothing waits for a test that failed.
        fileprivate func wait() {
            for _ in 0..<12_000 where !isOpen.withLock({ $0 }) { usleep(5_000) }
        }
    }

    private let server: ScriptedServer
    private let table = Locked<[String: [Reply]]>([:])

    init() {
        let table = table
        server = ScriptedServer { connection, request, _ in
            let reply = table.withLock { table -> Reply in
                guard var replies = table[Self.path(of: request)], let next = replies.first else {
                    return .failing("404 Not Found")
                }
                // The last one stays.
                if replies.count > 1 {
                    replies.removeFirst()
                    table[Self.path(of: request)] = replies
                }
                return next
            }
            if reply.delay > 0 { usleep(reply.delay) }
            reply.gate?.wait()
            let tag = Self.tag(of: reply.body)
            if let count = reply.stallsAfter {
                connection.send(
                    "HTTP/1.1 \(reply.status)\r\nETag: \(tag)\r\nContent-Length: \(reply.body.count)\r\n\r\n"
                )
                connection.send(Array(reply.body.prefix(count)))
                connection.waitForEnd()
                return .close
            }
            if request.header("Accept-Encoding") == "identity", let body = reply.identityBody {
                connection.answer(body, status: reply.status, headers: reply.headers + ["ETag: \(Self.tag(of: body))"])
                return .keepAlive
            }
            if let count = reply.breaksAfter {
                connection.send(
                    "HTTP/1.1 \(reply.status)\r\nETag: \(tag)\r\nContent-Length: \(reply.body.count)\r\n\r\n"
                )
                connection.send(Array(reply.body.prefix(count)))
                return .close
            }
            let range = request.header("Range").flatMap { Int($0.dropFirst("bytes=".count).dropLast()) }
            if reply.servesRanges, let first = range, request.header("If-Range") ?? tag == tag {
                let last = reply.body.count - 1
                connection.answer(
                    Array(reply.body[first...]),
                    status: "206 Partial Content",
                    headers: ["Content-Range: bytes \(first)-\(last)/\(last + 1)", "ETag: \(tag)"]
                )
                return .keepAlive
            }
            if reply.status.hasPrefix("200"), request.header("If-None-Match") == tag {
                connection.answer([], status: "304 Not Modified", headers: ["ETag: \(tag)"])
            } else {
                connection.answer(reply.body, status: reply.status, headers: reply.headers + ["ETag: \(tag)"])
            }
            return .keepAlive
        }
    }

    deinit { server.stop() }

    /// The URL of the index.
    var url: String { server.url("/simple/") }

    /// Where the server is, without a path.
    var origin: String { String(server.url("/").dropLast()) }

    /// The URL of a path.
    func url(of path: String) -> String { server.url(path) }

    /// All requests so far.
    var requests: [ServerRequest] { server.requests }

    /// The most connections that were open at once.
    var peakConnections: Int { server.peakConnections }

    /// The entity tag of a body.
    static func tag(of body: [UInt8]) -> String {
        "\"\(((try? SHA256Digest.hash(body))?.hex ?? "").prefix(16))\""
    }

    /// The path of a request; to a proxy, it comes as part of a URL.
    private static func path(of request: ServerRequest) -> String {
        guard let scheme = request.path.firstRange(of: "://") else { return request.path }
        return String(request.path[scheme.upperBound...].drop { $0 != "/" })
    }

    /// The paths that were asked for so far.
    var requestedPaths: [String] { server.requests.map(\.path) }

    /// Sets what a path answers, request after request; the last answer stays.
    func set(_ path: String, _ replies: Reply...) {
        table.withLock { $0[path] = replies }
    }

    /// Answers a path with nothing any more.
    func remove(_ path: String) {
        table.withLock { $0[path] = nil }
    }

    /// Serves the page and the files of a project.
    func publish(_ project: ScriptedProject, listingFilesOnly: Bool = false) {
        set("/simple/\(project.name)/", project.page)
        for file in project.files {
            set("/files/\(file.path)", Reply(body: file.bytes))
            if let metadata = file.metadata { set("/files/\(file.path).metadata", Reply(body: metadata)) }
        }
    }

    /// Serves the root list of projects.
    func list(_ projects: [ScriptedProject], serials: [String: Int] = [:]) {
        let entries = projects.map { project -> [String: Any] in
            ["name": project.name, "_last-serial": serials[project.name] ?? project.serial]
        }
        let serial = (projects.map(\.serial) + serials.values).max() ?? 0
        set("/simple/", .json(["meta": ["api-version": "1.1", "_last-serial": serial], "projects": entries]))
    }

    /// Serves projects and their root list.
    func publish(_ projects: [ScriptedProject]) {
        for project in projects { publish(project) }
        list(projects)
    }
}

extension ScriptedUpstream.Reply {
    /// A page or list in JSON (PEP 691).
    static func json(_ object: [String: Any]) -> Self {
        let data = (try? JSONSerialization.data(withJSONObject: object, options: [.sortedKeys])) ?? Data()
        return Self(headers: ["Content-Type: application/vnd.pypi.simple.v1+json"], body: Array(data))
    }
}
