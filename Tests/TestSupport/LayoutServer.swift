import Glibc
import SystemPackage

/// A web server of a test's own that serves what a layout says, on a free port of the loopback interface, and ends with
/// the value.
package protocol LayoutServer: AnyObject, Sendable {
    /// Where the server is installed; `nil` where it, or what it needs, is not.
    static var program: String? { get }

    /// Starts the server with the configuration that `layout` makes of "127.0.0.1:PORT", and waits until it answers.
    ///
    /// - Throws: When it does not start, and what `layout` throws.
    init(layout: (String) throws -> String) throws

    /// The port that it listens on.
    var port: UInt16 { get }

    /// Ends the server where it writes down requests no sooner, and gives those that it had, each as its status, its
    /// path and the bytes that were sent, separated by spaces.
    ///
    /// - Throws: When there is no log.
    func finish() throws -> [String]
}

/// The web servers that there are layouts for, and the one that is built in.
package enum WebServer: String, CaseIterable, Sendable {
    case nginx, apache, caddy, lighttpd, larder

    /// What starts it.
    package var type: any LayoutServer.Type {
        switch self {
        case .nginx: NginxServer.self
        case .apache: ApacheServer.self
        case .caddy: CaddyServer.self
        case .lighttpd: LighttpdServer.self
        case .larder: LarderServer.self
        }
    }

    /// Those that are here.
    package static let installed = allCases.filter { $0.type.program != nil }

    /// The same, each with JSON for those who ask for it, and, where a layout can be changed so, with HTML for everybody.
    package static let offers: [(WebServer, Bool)] = installed.flatMap { server in
        server == .larder ? [(server, true)] : [(server, true), (server, false)]
    }
}

extension LayoutServer {
    /// The URL of a path.
    package func url(_ path: String) -> String { "http://127.0.0.1:\(port)\(path)" }

    /// The requests in a log whose lines are the status, the first line of the request, and the bytes that were sent.
    static func requests(of text: String) -> [String] {
        text.split(separator: "\n").map { line in
            let words = line.split(separator: " ")
            return words.count == 5 ? "\(words[0]) \(words[2]) \(words[4])" : String(line)
        }
    }

    /// The first program of a name that is installed.
    static func installed(_ name: String) -> String? {
        ["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"].map { "\($0)/\(name)" }
            .first { access($0, X_OK) == 0 }
    }
}
