import Foundation
package import SystemPackage

/// `larder serve` of a test's own.
package final class LarderServer: LayoutServer {
    package let port: UInt16
    private let running: LoopbackProgram
    private let folder: TemporaryFolder

    /// The program under test, beside the test bundle, where SwiftPM builds all products.
    package static let path: FilePath = {
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        let beside = FilePath(own).removingLastComponent().appending("larder")
        if FileManager.default.isExecutableFile(atPath: beside.string) { return beside }
        return FilePath(FileManager.default.currentDirectoryPath).appending(".build/debug/larder")
    }()

    package static let program: String? = path.string

    /// Starts the server of the mirror at the root that `layout` names.
    ///
    /// - Throws: When it does not start, and what `layout` throws.
    package convenience init(layout: (String) throws -> String) throws {
        try self.init(root: FilePath(try layout("")))
    }

    /// Starts the server of a mirror.
    ///
    /// - Parameters:
    ///   - root: The mirror's root.
    ///   - arguments: Further arguments.
    /// - Throws: When it does not start.
    package init(root: FilePath, _ arguments: [String] = []) throws {
        let folder = try TemporaryFolder()
        let errors = folder.path.appending("errors")
        let log = folder.path.appending("access.log").string
        running = try LoopbackProgram(errors: errors) { ports in
            let listen = ["--listen", "127.0.0.1:\(ports[0])", "--access-log", log]
            return try BackgroundProgram(
                [Self.path.string, "serve", "--root", root.string, "--json"] + listen + arguments,
                output: folder.path.appending("output"),
                errors: errors
            )
        }
        (port, self.folder) = (running.ports[0], folder)
    }

    deinit {
        running.program.stop()
    }

    /// The program.
    package var program: BackgroundProgram { running.program }

    /// What it printed.
    package var output: String {
        get throws { try String(contentsOfFile: folder.path.appending("output").string, encoding: .utf8) }
    }

    /// What it told of errors so far.
    package var errors: String {
        (try? String(contentsOfFile: folder.path.appending("errors").string, encoding: .utf8)) ?? ""
    }

    /// The lines of the access log so far.
    package var accessLog: [String] {
        get throws {
            try String(contentsOfFile: folder.path.appending("access.log").string, encoding: .utf8)
                .split(separator: "\n").map(String.init)
        }
    }

    package func finish() throws -> [String] {
        running.program.stop()
        return try accessLog.map { line in
            // client - - [time] "GET /path HTTP/1.1" status bytes "referrer" "agent"
            let quoted = line.split(separator: "\"", omittingEmptySubsequences: false)
            guard quoted.count > 2, let path = quoted[1].split(separator: " ").dropFirst().first else { return line }
            let numbers = quoted[2].split(separator: " ")
            return "\(numbers.first ?? "") \(path) \(numbers.last ?? "")"
        }
    }
}
