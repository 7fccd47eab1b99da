import Foundation
import Glibc
import SystemPackage

/// An answer: status, fields by lower-case name, and body.
package struct HTTPAnswer: Sendable {
    /// The status code.
    package let status: Int
    /// The fields by lower-case name; those of one name separated by commas.
    package let fields: [String: String]
    /// The body.
    package let body: [UInt8]

    /// The body as text.
    package var text: String { String(decoding: body, as: UTF8.self) }

    /// There is no answer.
    package struct Missing: Error {}

    init(_ bytes: [UInt8]) throws {
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { throw Missing() }
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
        var fields: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { continue }
            let value = parts[1].trimmingCharacters(in: .whitespaces)
            fields.merge([parts[0].lowercased(): value]) { "\($0), \($1)" }
        }
        status = lines[0].split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        self.fields = fields
        let rest = Array(bytes[end.upperBound...])
        body = fields["transfer-encoding"] == "chunked" ? Self.joined(rest) : rest
    }

    /// The bytes of a body in chunks (RFC 9112, section 7.1).
    private static func joined(_ chunks: [UInt8]) -> [UInt8] {
        var (rest, body) = (chunks[...], [UInt8]())
        while let end = rest.firstRange(of: Array("\r\n".utf8)) {
            let size = String(decoding: rest[..<end.lowerBound], as: UTF8.self)
            guard let count = Int(size, radix: 16), count > 0 else { break }
            body += rest[end.upperBound...].prefix(count)
            rest = rest[end.upperBound...].dropFirst(count + 2)
        }
        return body
    }
}

extension LayoutServer {
    /// Sends one request with its path exactly as given, and reads the answer to the connection's end.
    ///
    /// - Throws: `Errno` of the connection, and `HTTPAnswer.Missing` when there is no answer.
    package func get(
        _ path: String,
        _ fields: [String: String] = [:],
        method: String = "GET"
    ) throws -> HTTPAnswer {
        try exchange(port, method, path, fields.merging(["Host": "mirror.example"]) { own, _ in own })
    }
}

/// Sends one request to a port of the loopback interface, and reads the answer to the connection's end.
func exchange(
    _ port: UInt16,
    _ method: String,
    _ path: String,
    _ fields: [String: String],
    body: [UInt8] = []
) throws -> HTTPAnswer {
    let socket = try connected(to: port)
    defer { close(socket) }
    var request = "\(method) \(path) HTTP/1.1\r\nConnection: close\r\n"
    for (name, value) in fields { request += "\(name): \(value)\r\n" }
    let bytes = Array((request + "\r\n").utf8) + body
    guard send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
        throw Errno(rawValue: errno)
    }
    var answer: [UInt8] = []
    var length: Int?
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
        let count = recv(socket, &buffer, buffer.count, 0)
        if count <= 0 { break }
        answer += buffer[..<count]
        if length == nil, let end = answer.firstRange(of: Array("\r\n\r\n".utf8)) {
            let told = try HTTPAnswer(Array(answer[..<end.upperBound])).fields["content-length"].flatMap { Int($0) }
            length = told.map { end.upperBound + $0 } ?? .max
        }
        // Not everybody ends the connection who is asked to.
        if method != "HEAD", let length, answer.count >= length { break }
    }
    return try HTTPAnswer(answer)
}

/// Whether somebody listens on a port of the loopback interface.
func isListening(_ port: UInt16) -> Bool {
    guard let socket = try? connected(to: port) else { return false }
    close(socket)
    return true
}

private func connected(to port: UInt16) throws -> Int32 {
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
