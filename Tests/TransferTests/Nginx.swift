import Foundation
import SystemPackage
import TestSupport
import Testing

/// An nginx with a directory of its own, ended with the value.
final class Nginx: Sendable {
    /// Where its files are; the documents in `www`.
    let directory: FilePath
    /// The port without TLS.
    let port: UInt16
    /// The port with TLS and HTTP/2.
    let securePort: UInt16
    private let process: BackgroundProgram

    /// Starts an nginx that serves `www`.
    ///
    /// - Parameters:
    ///   - files: The documents, by name.
    ///   - server: Further directives of both servers.
    ///   - secure: Further directives of the server with TLS; there is none when it is missing.
    ///   - certificate: What the certificate of that server says.
    /// - Throws: What keeps it from starting.
    init(
        files: [String: [UInt8]],
        server: String = "",
        secure: String? = nil,
        certificate: Certificates.Claim = .good
    ) throws {
        directory = try TemporaryDirectory.make()
        (port, securePort) = (ScriptedServer.unusedPort(), ScriptedServer.unusedPort())
        try FileManager.default.createDirectory(
            atPath: directory.appending("www").string,
            withIntermediateDirectories: true
        )
        for (name, bytes) in files {
            try Data(bytes).write(to: URL(fileURLWithPath: directory.appending("www/\(name)").string))
        }
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map { "\($0)_temp_path t_\($0);" }
        var text = """
            daemon off; master_process off; pid nginx.pid; error_log stderr; events { worker_connections 512; }
            http {
                \(temporary.joined(separator: " "))
                log_format each '$connection $ssl_client_verify $server_protocol $request_uri';
                log_format details '\(Request.format)';
                access_log access.log each; access_log details.log details; keepalive_requests 100000; root www;
                server { listen 127.0.0.1:\(port); \(server) }
            """
        if let secure {
            try Certificates.make(in: directory, server: certificate)
            text += """
                server {
                    listen 127.0.0.1:\(securePort) ssl http2; ssl_certificate server.pem; ssl_certificate_key server.key;
                    \(server) \(secure)
                }
                """
        }
        try (text + "\n}\n").write(toFile: directory.appending("nginx.conf").string, atomically: false, encoding: .utf8)
        process = try BackgroundProgram(["nginx", "-p", directory.string, "-c", "nginx.conf", "-e", "stderr"])
        for _ in 0..<5_000 {
            if FileManager.default.fileExists(atPath: directory.appending("nginx.pid").string) { return }
            usleep(1_000)
        }
        Issue.record("nginx does not start")
    }

    deinit {
        process.stop()
        try? FileManager.default.removeItem(atPath: directory.string)
    }

    /// The URL of a document.
    func url(_ name: String) -> String { "http://127.0.0.1:\(port)/\(name)" }

    /// The URL of a document, with TLS.
    func secureURL(_ name: String) -> String { "https://localhost:\(securePort)/\(name)" }

    /// A file of the server's directory.
    func path(_ name: String) -> FilePath { directory.appending(name) }

    /// The lines of the access log, in words: connection, client certificate, protocol, URI.
    func log() throws -> [[String]] {
        try String(contentsOfFile: directory.appending("access.log").string, encoding: .utf8)
            .split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    }
}
