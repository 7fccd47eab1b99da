import Foundation
import Glibc
import SystemPackage

/// An Apache httpd of a test's own, with the modules and the settings that Debian gives a new one.
package final class ApacheServer: LayoutServer {
    package let port: UInt16
    private let running: LoopbackProgram
    private let folder: TemporaryFolder

    /// Where Debian keeps the settings of modules.
    private static let modules = "/etc/apache2/mods-available"

    package static let program = installed("apache2").flatMap {
        access("\(modules)/rewrite.load", R_OK) == 0 ? $0 : nil
    }

    package init(layout: (String) throws -> String) throws {
        guard let program = Self.program else { throw LoopbackProgram.Failure("Apache httpd is not installed") }
        let folder = try TemporaryFolder()
        let errors = folder.path.appending("errors")
        running = try LoopbackProgram(errors: errors) { ports in
            let text = try Self.main(folder.path, try layout("127.0.0.1:\(ports[0])"))
            let file = try folder.write("apache2.conf", text)
            return try BackgroundProgram([program, "-DFOREGROUND", "-f", file.string, "-E", errors.string])
        }
        (port, self.folder) = (running.ports[0], folder)
    }

    deinit {
        running.program.stop()
    }

    package func finish() throws -> [String] {
        Self.requests(of: try String(contentsOfFile: folder.path.appending("access.log").string, encoding: .utf8))
    }

    /// What Debian's `apache2.conf` says, with everything that httpd writes inside its own folder.
    private static func main(_ folder: FilePath, _ layout: String) throws -> String {
        // Those that Debian enables, and those that the layout asks for.
        let names = [
            "access_compat", "alias", "auth_basic", "authn_core", "authn_file", "authz_core", "authz_host",
            "authz_user",
            "autoindex", "deflate", "dir", "env", "filter", "mime", "mpm_event", "negotiation", "reqtimeout",
            "setenvif", "rewrite", "headers", "proxy", "proxy_http",
        ]
        let settings = names.filter { access("\(modules)/\($0).conf", R_OK) == 0 }
        let includes = names.map { "\($0).load" } + settings.map { "\($0).conf" }
        return """
            \(getuid() == 0 ? "User www-data\nGroup www-data" : "")
            ServerName localhost
            ServerRoot \(folder.string)
            DefaultRuntimeDir \(folder.string)
            PidFile \(folder.string)/pid
            ErrorLog \(folder.string)/errors
            LogFormat "%>s %r %B" request
            GlobalLog \(folder.string)/access.log request
            \(includes.map { "Include \(modules)/\($0)" }.joined(separator: "\n"))
            <Directory />
                Options FollowSymLinks
                AllowOverride None
                Require all denied
            </Directory>
            <FilesMatch "^\\.ht">
                Require all denied
            </FilesMatch>
            \(layout)
            """
    }
}
