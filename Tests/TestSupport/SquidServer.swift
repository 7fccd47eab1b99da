import Foundation
import Glibc
import SystemPackage

/// A squid of a test's own on the loopback interface, which keeps nothing and ends with the value.
///
/// It works for root, where squid changes to its own user, and for everybody else.
package final class SquidServer: Sendable {
    /// A request as squid saw it; for a tunnel, the one that asked for the tunnel.
    package struct Request: Sendable, Equatable {
        /// The method; `CONNECT` for a tunnel.
        package let method: String
        /// The URL; host and port for a tunnel.
        package let url: String
        /// The status of the answer.
        package let status: Int
        /// The credentials for the origin that squid could read; `nil` when there were none.
        package let authorization: String?
        /// The credentials for squid; `nil` when there were none.
        package let proxyAuthorization: String?
    }

    private let running: LoopbackProgram
    private let folder: TemporaryFolder
    private let hasTLS: Bool

    /// Starts squid.
    ///
    /// - Parameters:
    ///   - user: Who may use it; everybody when it is missing.
    ///   - identity: With what it also speaks TLS to its clients; without it there is no such port.
    /// - Throws: `LoopbackProgram.Failure` when it does not start.
    package init(user: ServerUser? = nil, identity: ServerIdentity? = nil) throws {
        let squid = try LoopbackProgram.find("squid")
        let helper = try LoopbackProgram.find("basic_ncsa_auth", in: ["/usr/lib/squid", "/usr/lib64/squid"])
        let folder = try TemporaryFolder()
        if let user { try Self.writeUsers(user, in: folder) }
        if getuid() == 0 { try Self.give(folder.path, to: "proxy") }
        let errors = folder.path.appending("errors")
        // Squid names its shared memory after the service, in 32 letters at most; two of one name would share it.
        let service = "larder" + UUID().uuidString.filter(\.isHexDigit).prefix(24)
        running = try LoopbackProgram(ports: identity == nil ? 1 : 2, errors: errors) { ports in
            var lines = ["http_port 127.0.0.1:\(ports[0])"]
            if let identity {
                let (certificate, key) = (identity.certificate.string, identity.key.string)
                lines.append("https_port 127.0.0.1:\(ports[1]) tls-cert=\(certificate) tls-key=\(key)")
            }
            if user != nil {
                lines += [
                    "auth_param basic program \(helper) \(folder.path.appending("users").string)",
                    "auth_param basic children 1 startup=1 idle=1", "acl known proxy_auth REQUIRED",
                    "http_access allow known", "http_access deny all",
                ]
            } else {
                lines.append("http_access allow all")
            }
            let text = lines.joined(separator: "\n") + "\n" + Self.settings(folder.path)
            let file = try folder.write("squid.conf", text)
            return try BackgroundProgram([squid, "-N", "-d1", "-n", service, "-f", file.string], errors: errors)
        }
        Self.unlinkMemory(of: service)
        (self.folder, hasTLS) = (folder, identity != nil)
    }

    deinit {
        // Asked to end it waits for more than a second. It has no other processes than the helper, which ends when
        // its input does, and nothing outside its folder.
        running.program.signal(SIGKILL)
        running.program.wait()
    }

    /// The URL for clients that speak plain HTTP to it.
    ///
    /// - Parameter user: A name and a password, percent-encoded as in a URL.
    /// - Returns: `http://USER@127.0.0.1:PORT`.
    package func url(_ user: String? = nil) -> String {
        "http://\(user.map { "\($0)@" } ?? "")127.0.0.1:\(running.ports[0])"
    }

    /// The URL for clients that speak TLS to it; its certificate is one for `localhost`.
    ///
    /// - Parameter user: A name and a password, percent-encoded as in a URL.
    /// - Returns: `https://USER@localhost:PORT`.
    package func secureURL(_ user: String? = nil) -> String {
        precondition(hasTLS, "there is no identity")
        return "https://\(user.map { "\($0)@" } ?? "")localhost:\(running.ports[1])"
    }

    /// The requests so far, each written down when it is over.
    package var requests: [Request] {
        get throws {
            try String(contentsOfFile: folder.path.appending("access.log").string, encoding: .utf8)
                .split(separator: "\n").compactMap { line in
                    let words = line.split(separator: " ").map { $0.removingPercentEncoding ?? "" }
                    // A connection that only looked whether somebody listens has no method.
                    guard words.count == 5, words[0] != "-" else { return nil }
                    func word(_ index: Int) -> String? { words[index] == "-" ? nil : words[index] }
                    return Request(
                        method: words[0],
                        url: words[1],
                        status: Int(words[2]) ?? 0,
                        authorization: word(3),
                        proxyAuthorization: word(4)
                    )
                }
        }
    }

    private static func settings(_ folder: FilePath) -> String {
        """
        pid_filename none
        logformat each %rm %ru %>Hs %{Authorization}>h %{Proxy-Authorization}>h
        access_log stdio:\(folder.appending("access.log").string) each
        cache_log \(folder.appending("cache.log").string)
        coredump_dir \(folder.string)
        cache deny all
        cache_mem 0
        netdb_filename none
        digest_generation off
        pinger_enable off
        max_filedescriptors 1024
        visible_hostname proxy.example

        """
    }

    /// Removes the names of squid's shared memory; squid goes on with what it has open.
    private static func unlinkMemory(of service: String) {
        let folder = "/dev/shm"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        for name in names where name.hasPrefix("\(service)-") { unlink("\(folder)/\(name)") }
    }

    private static func writeUsers(_ user: ServerUser, in folder: TemporaryFolder) throws {
        let file = folder.path.appending("hash")
        let program = try BackgroundProgram(["openssl", "passwd", "-apr1", user.password], output: file)
        guard program.wait() == 0 else { throw LoopbackProgram.Failure("openssl makes no hash of a password") }
        let hash = try String(contentsOfFile: file.string, encoding: .utf8)
        try folder.write("users", "\(user.name):\(hash)")
    }

    /// Squid started by root writes as this user of its package.
    private static func give(_ path: FilePath, to name: String) throws {
        guard let user = getpwnam(name) else { throw LoopbackProgram.Failure("squid's user \(name) is missing") }
        guard chown(path.string, user.pointee.pw_uid, user.pointee.pw_gid) == 0 else {
            throw Errno(rawValue: errno)
        }
    }
}
