import Foundation
import SystemPackage

/// A SOCKS5 server (microsocks) of a test's own on the loopback interface, which ends with the value.
package final class SocksServer: Sendable {
    private let running: LoopbackProgram
    private let folder: TemporaryFolder

    /// Starts the server.
    ///
    /// - Parameter user: Who may use it; everybody when it is missing.
    /// - Throws: `LoopbackProgram.Failure` when it does not start.
    package init(user: ServerUser? = nil) throws {
        let program = try LoopbackProgram.find("microsocks")
        let folder = try TemporaryFolder()
        let log = folder.path.appending("log")
        running = try LoopbackProgram(errors: log) { ports in
            var arguments = [program, "-i", "127.0.0.1", "-p", "\(ports[0])"]
            if let user { arguments += ["-u", user.name, "-P", user.password] }
            return try BackgroundProgram(arguments, errors: log)
        }
        self.folder = folder
    }

    deinit {
        running.program.stop()
    }

    /// The URL for clients.
    ///
    /// - Parameters:
    ///   - scheme: `socks5h`, where the server resolves names, or `socks5`.
    ///   - user: A name and a password, percent-encoded as in a URL.
    /// - Returns: `SCHEME://USER@127.0.0.1:PORT`.
    package func url(_ scheme: String = "socks5h", _ user: String? = nil) -> String {
        "\(scheme)://\(user.map { "\($0)@" } ?? "")127.0.0.1:\(running.ports[0])"
    }

    /// Where the server connected to so far, as host and port in the client's words.
    package var targets: [String] {
        get throws {
            try String(contentsOfFile: folder.path.appending("log").string, encoding: .utf8)
                .split(separator: "\n").filter { $0.contains(": connected to ") }
                .compactMap { $0.split(separator: " ").last.map(String.init) }
        }
    }
}
