import CLinux
import Glibc
import Scheduling

/// What a client sent.
package struct ServerRequest: Sendable {
    /// The path.
    package let path: String
    /// The whole head, as it came.
    package let head: String

    /// The value of a header; `nil` when it is missing.
    package func header(_ name: String) -> String? {
        for line in head.split(separator: "\r\n").dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2, parts[0].lowercased() == name.lowercased() {
                return String(parts[1].drop { $0 == " " })
            }
        }
        return nil
    }
}

/// One connection of a scripted server.
package struct ServerConnection: Sendable {
    fileprivate let descriptor: Int32

    /// Sends bytes as they are.
    ///
    /// - Returns: Whether the client is still there.
    @discardableResult
    package func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.send(descriptor, buffer.baseAddress?.advanced(by: sent), bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count <= 0 { return false }
            sent += count
        }
        return true
    }

    /// Sends text as it is.
    @discardableResult
    package func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    /// Sends a complete answer.
    package func answer(_ body: [UInt8] = [], status: String = "200 OK", headers: [String] = []) {
        let lines = ["HTTP/1.1 \(status)", "Content-Length: \(body.count)"] + headers
        send(Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + body)
    }

    /// Waits until the client goes away.
    package func waitForEnd() {
        var byte: UInt8 = 0
        while recv(descriptor, &byte, 1, 0) > 0 {}
    }

    /// Makes closing the connection a reset.
    package func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    }
}

/// A server that sends what a test says, byte by byte, and counts.
package final class ScriptedServer: Sendable {
    /// What the script wants after a request.
    package enum Next {
        case keepAlive
        case close
    }

    private struct State {
        var requests: [ServerRequest] = []
        var open: Set<Int32> = []
        var peak = 0
        var accepted = 0
        var isStopped = false
    }

    /// The port on 127.0.0.1.
    package let port: UInt16
    private let listener: Int32
    private let state = Locked(State())
    private let script: @Sendable (ServerConnection, ServerRequest, Int) -> Next

    /// Starts a server whose script gets the connection, the request and its number, from 0.
    package init(_ script: @escaping @Sendable (ServerConnection, ServerRequest, Int) -> Next) {
        let (descriptor, port) = Self.listen()
        (listener, self.port, self.script) = (descriptor, port, script)
        Thread.start(name: "scripted") { self.accept() }
    }

    /// The URL of a path.
    package func url(_ path: String = "/file", host: String = "127.0.0.1") -> String { "http://\(host):\(port)\(path)" }

    /// All requests so far.
    package var requests: [ServerRequest] { state.withLock { $0.requests } }
    /// The most connections that were open at once.
    package var peakConnections: Int { state.withLock { $0.peak } }
    /// How many connections are open.
    package var openConnections: Int { state.withLock { $0.open.count } }
    /// How many connections there were.
    package var acceptedConnections: Int { state.withLock { $0.accepted } }

    /// Ends the server and its connections.
    package func stop() {
        state.withLock { state in
            guard !state.isStopped else { return }
            state.isStopped = true
            for descriptor in state.open { shutdown(descriptor, Int32(SHUT_RDWR)) }
            shutdown(listener, Int32(SHUT_RDWR))
        }
    }

    /// A port for a program that is started next.
    ///
    /// It lies below those that the system gives away itself (ip_local_port_range, 32768 to 60999), so that no server of
    /// another test gets it meanwhile, and this process never gets the same one twice.
    package static func unusedPort() -> UInt16 {
        while true {
            let number = nextPort.withLock { next in
                next += 1
                return next
            }
            let (descriptor, port) = bound(to: UInt16(10_000 + number % 20_000))
            close(descriptor)
            if port != 0 { return port }
        }
    }

    private static let nextPort = Locked(Int(getpid()) * 97)

    /// A port that refuses connections until the process ends: it is taken, so that no other test listens there.
    package static func refusingPort() -> UInt16 { bound().port }

    fileprivate static func listen(backlog: Int32 = 1_024) -> (Int32, UInt16) {
        let (descriptor, port) = bound()
        precondition(Glibc.listen(descriptor, backlog) == 0)
        return (descriptor, port)
    }

    /// A socket with a port; the port is 0 when another one has it.
    private static func bound(to wanted: UInt16 = 0) -> (descriptor: Int32, port: UInt16) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        address.sin_port = wanted.bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(descriptor, pointer, length) == 0 && getsockname(descriptor, pointer, &length) == 0
            }
        }
        precondition(isBound || wanted != 0)
        return (descriptor, isBound ? UInt16(bigEndian: address.sin_port) : 0)
    }

    private func accept() {
        while true {
            // A program that another test starts meanwhile must not keep the connection open.
            let descriptor = larder_accept(listener)
            guard descriptor >= 0 else { break }
            let isWelcome = state.withLock { state in
                guard !state.isStopped else { return false }
                state.open.insert(descriptor)
                state.accepted += 1
                state.peak = max(state.peak, state.open.count)
                return true
            }
            guard isWelcome else {
                close(descriptor)
                break
            }
            Thread.start(name: "scripted-conn") { self.serve(descriptor) }
        }
        close(listener)
    }

    private func serve(_ descriptor: Int32) {
        let connection = ServerConnection(descriptor: descriptor)
        var buffer: [UInt8] = []
        while let head = nextHead(descriptor, &buffer) {
            let words = head.split(separator: " ", maxSplits: 2)
            let request = ServerRequest(path: words.count > 1 ? String(words[1]) : "", head: head)
            let number = state.withLock { state in
                state.requests.append(request)
                return state.requests.count - 1
            }
            guard script(connection, request, number) == .keepAlive else { break }
        }
        // Closed under the lock, so that a connection that stop() knows of is always this one.
        state.withLock { state in
            state.open.remove(descriptor)
            close(descriptor)
        }
    }

    private func nextHead(_ descriptor: Int32, _ buffer: inout [UInt8]) -> String? {
        let end = Array("\r\n\r\n".utf8)
        var part = [UInt8](repeating: 0, count: 4_096)
        while true {
            if buffer.count >= 4 {
                for start in 0...(buffer.count - 4) where buffer[start] == 13 && Array(buffer[start..<start + 4]) == end
                {
                    let head = String(decoding: buffer[..<start], as: UTF8.self)
                    buffer.removeFirst(start + 4)
                    return head
                }
            }
            let count = recv(descriptor, &part, part.count, 0)
            guard count > 0 else { return nil }
            buffer += part[..<count]
        }
    }
}

/// A port whose connections nobody takes: the system accepts as many as the backlog holds, and nothing is ever answered.
package final class SilentListener: Sendable {
    /// The port on 127.0.0.1.
    package let port: UInt16
    private let listener: Int32
    private let clients: [Int32]

    /// Listens, and fills the backlog if the next connection is not even to be accepted by the system.
    package init(isFull: Bool) {
        (listener, port) = ScriptedServer.listen(backlog: isFull ? 0 : 16)
        let port = port
        // A backlog of 0 holds one connection (listen(2)); of those that do not fit, the system drops the handshake.
        clients = (0..<(isFull ? 4 : 0)).map { _ in Self.client(of: port) }
    }

    deinit {
        for client in clients { close(client) }
        close(listener)
    }

    /// The URL of a path.
    package func url(_ path: String = "/file") -> String { "http://127.0.0.1:\(port)\(path)" }

    private static func client(of port: UInt16) -> Int32 {
        let kind = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
        let client = socket(AF_INET, Int32(kind), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        address.sin_port = port.bigEndian
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                _ = connect(client, pointer, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        return client
    }
}
