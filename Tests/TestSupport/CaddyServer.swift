import Foundation
import SystemPackage

/// A Caddy of a test's own.
package final class CaddyServer: LayoutServer {
    package let port: UInt16
    private let running: LoopbackProgram
    private let folder: TemporaryFolder

    package static let program = installed("caddy")

    package init(layout: (String) throws -> String) throws {
        guard let program = Self.program else { throw LoopbackProgram.Failure("Caddy is not installed") }
        let folder = try TemporaryFolder()
        let errors = folder.path.appending("errors")
        running = try LoopbackProgram(errors: errors) { ports in
            let file = try folder.write("Caddyfile", Self.main(folder.path, try layout("127.0.0.1:\(ports[0])")))
            return try BackgroundProgram(
                [program, "run", "--adapter", "caddyfile", "--config", file.string],
                environment: ["HOME": folder.path.string],
                errors: errors
            )
        }
        (port, self.folder) = (running.ports[0], folder)
    }

    deinit {
        running.program.stop()
    }

    package func finish() throws -> [String] {
        let lines = try String(contentsOfFile: folder.path.appending("access.log").string, encoding: .utf8)
        return lines.split(separator: "\n").compactMap { line in
            let entry = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            let request = entry?["request"] as? [String: Any]
            guard let entry, let path = request?["uri"] else { return nil }
            return "\(entry["status"] ?? 0) \(path) \(entry["size"] ?? 0)"
        }
    }

    /// The layout as it is imported, with a log of requests and without the port from which Caddy takes orders.
    private static func main(_ folder: FilePath, _ layout: String) -> String {
        let log = "\tlog {\n\t\toutput file \(folder.string)/access.log\n\t}\n"
        var lines = layout.components(separatedBy: "\n")
        if let site = lines.firstIndex(where: { $0.hasPrefix("http://") }) { lines.insert(log, at: site + 1) }
        return "{\n\tadmin off\n}\n" + lines.joined(separator: "\n")
    }
}
