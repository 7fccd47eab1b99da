import Foundation
import Glibc
import SystemPackage

/// A lighttpd of a test's own, with the settings that Debian gives a new one.
package final class LighttpdServer: LayoutServer {
    package let port: UInt16
    private let running: LoopbackProgram
    private let folder: TemporaryFolder

    package static let program = installed("lighttpd")

    package init(layout: (String) throws -> String) throws {
        guard let program = Self.program else { throw LoopbackProgram.Failure("lighttpd is not installed") }
        let folder = try TemporaryFolder()
        let errors = folder.path.appending("errors")
        // lighttpd opens one port of its own beside those of its conditions.
        running = try LoopbackProgram(ports: 2, errors: errors) { ports in
            let text = Self.main(folder.path, ports[1], try layout("127.0.0.1:\(ports[0])"))
            let file = try folder.write("lighttpd.conf", text)
            return try BackgroundProgram([program, "-D", "-f", file.string], errors: errors)
        }
        (port, self.folder) = (running.ports[0], folder)
    }

    deinit {
        running.program.stop()
    }

    package func finish() throws -> [String] {
        // It keeps what it has to log in memory for a while.
        running.program.signal(SIGTERM)
        while running.program.isRunning { usleep(10_000) }
        return Self.requests(
            of: try String(contentsOfFile: folder.path.appending("access.log").string, encoding: .utf8)
        )
    }

    /// What Debian's `lighttpd.conf` says, with everything that lighttpd writes inside its own folder.
    private static func main(_ folder: FilePath, _ port: UInt16, _ layout: String) -> String {
        """
        server.modules = ("mod_indexfile", "mod_access", "mod_alias", "mod_redirect", "mod_accesslog")
        server.document-root = "/var/www/html"
        server.upload-dirs = ("\(folder.string)")
        server.bind = "127.0.0.1"
        server.port = \(port)
        accesslog.filename = "\(folder.string)/access.log"
        accesslog.format = "%s %r %b"
        server.http-parseopts = (
            "header-strict" => "enable",
            "host-strict" => "enable",
            "host-normalize" => "enable",
            "url-normalize-unreserved" => "enable",
            "url-normalize-required" => "enable",
            "url-ctrls-reject" => "enable",
            "url-path-2f-decode" => "enable",
            "url-path-dotseg-remove" => "enable",
        )
        index-file.names = ("index.php", "index.html")
        url.access-deny = ("~", ".inc")
        static-file.exclude-extensions = (".php", ".pl", ".fcgi")
        mimetype.assign = (".html" => "text/html", ".gz" => "application/gzip", ".json" => "application/json")
        \(layout)
        server.modules += ("mod_dirlisting", "mod_staticfile")
        """
    }
}
