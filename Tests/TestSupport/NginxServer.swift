import Foundation
import Glibc
import SystemPackage

/// An nginx of a test's own, on a free port of the loopback interface, which ends with the value.
package final class NginxServer: Sendable {
    /// The port that it listens on.
    package let port: UInt16
    private let program: BackgroundProgram
    private let folder: TemporaryFolder

    /// Where nginx is installed; `nil` where it is not.
    package static let program: String? = [
        "/usr/sbin/nginx", "/usr/bin/nginx", "/usr/local/sbin/nginx", "/usr/local/bin/nginx",
    ]
    .first { access($0, X_OK) == 0 }

    /// Why there is no server or no answer.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// Starts nginx with the configuration that `layout` makes of "127.0.0.1:PORT", and waits until it answers.
    ///
    /// - Throws: `Failure` when it does not start, and what `layout` throws.
    package init(layout: (String) throws -> String) throws {
        guard let program = Self.program else { throw Failure(description: "nginx is not installed") }
        let folder = try TemporaryFolder()
        let errors = folder.path.appending("errors")
        // Another process may take the port between asking for it and using it.
        for _ in 0..<10 {
            let port = ScriptedServer.unusedPort()
            let file = try folder.write("nginx.conf", Self.main(try layout("127.0.0.1:\(port)")))
            let process = try BackgroundProgram(
                [program, "-p", folder.path.string, "-c", file.string, "-e", "stderr"],
                errors: errors
            )
            while process.isRunning {
                if Self.answers(port) {
                    self.port = port
                    self.program = process
                    self.folder = folder
                    return
                }
                usleep(10_000)
            }
            process.wait()
            let text = (try? String(contentsOfFile: errors.string, encoding: .utf8)) ?? ""
            guard text.contains("Address already in use") else { throw Failure(description: text) }
        }
        throw Failure(description: "no free port")
    }

    deinit {
        program.stop()
    }

    /// The URL of a path.
    package func url(_ path: String) -> String { "http://127.0.0.1:\(port)\(path)" }

    /// The requests so far, each as its status, its path and the bytes that were sent, separated by spaces.
    package var requests: [String] {
        get throws {
            try String(contentsOfFile: folder.path.appending("access.log").string, encoding: .utf8)
                .split(separator: "\n").map(String.init)
        }
    }

    /// The layout as a distribution includes it, with everything that nginx writes inside its own folder.
    private static func main(_ layout: String) -> String {
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map { "    \($0)_temp_path \($0);\n" }
        return """
            \(getuid() == 0 ? "user root;" : "")
            daemon off;
            worker_processes 1;
            pid nginx.pid;
            error_log stderr;
            events {}
            http {
                log_format request '$status $request_uri $body_bytes_sent';
                access_log access.log request;
            \(temporary.joined())
            \(layout)
            }
            """
    }

    private static func answers(_ port: UInt16) -> Bool {
        guard let socket = try? connected(to: port) else { return false }
        close(socket)
        return true
    }

    private static func connected(to port: UInt16) throws -> Int32 {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                connect(socket, address, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            let error = Errno(rawValue: errno)
            close(socket)
            throw error
        }
        return socket
    }

    /// An answer: status, fields by lower-case name, and body.
    package struct Answer {
        /// The status code.
        package let status: Int
        /// The fields by lower-case name.
        package let fields: [String: String]
        /// The body.
        package let body: [UInt8]

        /// The body as text.
        package var text: String { String(decoding: body, as: UTF8.self) }
    }

    /// Sends one request with its path exactly as given, and reads the answer to the connection's end.
    ///
    /// - Throws: `Errno` of the connection, and `Failure` when there is no answer.
    package func get(_ path: String, _ fields: [String: String] = [:]) throws -> Answer {
        let socket = try Self.connected(to: port)
        defer { close(socket) }
        var request = "GET \(path) HTTP/1.1\r\nHost: mirror.example\r\nConnection: close\r\n"
        for (name, value) in fields { request += "\(name): \(value)\r\n" }
        let bytes = Array((request + "\r\n").utf8)
        guard send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
            throw Errno(rawValue: errno)
        }
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = recv(socket, &buffer, buffer.count, 0)
            if count <= 0 { break }
            answer += buffer[..<count]
        }
        return try Self.parse(answer)
    }

    private static func parse(_ bytes: [UInt8]) throws -> Answer {
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { throw Failure(description: "no answer") }
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
        var fields: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { continue }
            fields[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
        }
        let status = lines[0].split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        return Answer(status: status, fields: fields, body: Array(bytes[end.upperBound...]))
    }
}
