import Foundation
import Glibc
import SystemPackage

/// An nginx of a test's own, on a free port of the loopback interface, which ends with the value.
final class NginxServer: Sendable {
    let port: UInt16
    private let process: Process

    /// Where nginx is installed; `nil` where it is not.
    static let program: String? = [
        "/usr/sbin/nginx", "/usr/bin/nginx", "/usr/local/sbin/nginx", "/usr/local/bin/nginx",
    ]
    .first { access($0, X_OK) == 0 }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Starts nginx with the configuration that `layout` makes of "127.0.0.1:PORT", and waits until it answers.
    init(in folder: TemporaryFolder, layout: (String) throws -> String) throws {
        guard let program = Self.program else { throw Failure(description: "nginx is not installed") }
        // Another process may take the port between asking for it and using it.
        for _ in 0..<10 {
            let port = try Self.freePort()
            let file = try folder.write("nginx/nginx.conf", Self.main(try layout("127.0.0.1:\(port)")))
            let process = Process()
            process.executableURL = URL(fileURLWithPath: program)
            process.arguments = ["-p", file.removingLastComponent().string, "-c", file.string, "-e", "stderr"]
            process.standardOutput = FileHandle.nullDevice
            let errors = folder.path.appending("nginx/errors")
            try Data().write(to: URL(fileURLWithPath: errors.string))
            process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: errors.string))
            try process.run()
            while process.isRunning {
                if Self.answers(port) {
                    self.port = port
                    self.process = process
                    return
                }
                usleep(10_000)
            }
            let text = (try? String(contentsOfFile: errors.string, encoding: .utf8)) ?? ""
            guard text.contains("Address already in use") else { throw Failure(description: text) }
        }
        throw Failure(description: "no free port")
    }

    deinit {
        process.terminate()
        process.waitUntilExit()
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
                access_log off;
            \(temporary.joined())
            \(layout)
            }
            """
    }

    private static func freePort() throws -> UInt16 {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var address = loopback(port: 0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(socket, address, size) == 0 ? getsockname(socket, address, &size) : -1
            }
        }
        guard result == 0 else { throw Errno(rawValue: errno) }
        return UInt16(bigEndian: address.sin_port)
    }

    private static func answers(_ port: UInt16) -> Bool {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var address = loopback(port: port)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                connect(socket, address, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    private static func loopback(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    /// An answer: status, fields by lower-case name, and body.
    struct Answer {
        let status: Int
        let fields: [String: String]
        let body: [UInt8]

        var text: String { String(decoding: body, as: UTF8.self) }
    }

    /// Sends one request with its path exactly as given, and reads the answer to the connection's end.
    func get(_ path: String, _ fields: [String: String] = [:]) throws -> Answer {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var address = Self.loopback(port: port)
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                connect(socket, address, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard connected else { throw Errno(rawValue: errno) }
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
