import Foundation
import Glibc
import SystemPackage

/// An nginx of a test's own, on a free port of the loopback interface, which ends with the value.
package final class NginxServer: LayoutServer {
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
                if isListening(port) {
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

    package func finish() throws -> [String] { try requests }

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
}
