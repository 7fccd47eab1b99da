import DemoUpstream
import Layouts
import SystemPackage
import TestSupport
import Testing

/// The demo's upstream in a folder of a test's own.
final class DemoFixture {
    let folder: TemporaryFolder
    var upstream: DemoUpstream

    /// Two projects, with wheels and source archives.
    static let small: [DemoUpstream.Change] = [
        .release(Distribution(name: "demo-one", version: "1.0")),
        .release(Distribution(name: "demo-two", version: "2.0")),
    ]

    init(_ initial: [DemoUpstream.Change] = DemoUpstream.world) throws {
        folder = try TemporaryFolder()
        upstream = DemoUpstream(root: folder.path.appending("upstream"), initial: initial)
        try upstream.create()
    }

    /// Serves the upstream by nginx, with content negotiation.
    func serve() throws -> NginxServer {
        try folder.link("site/web", to: "../upstream")
        return try .serving(folder.path.appending("site"))
    }
}

extension NginxServer {
    /// Serves `ROOT/web` as the layout of this project says.
    static func serving(_ root: FilePath) throws -> NginxServer {
        try NginxServer { try Layout.nginx.render(root: root.string, listen: $0) }
    }

    /// Serves a mirror as `larder layout nginx` says.
    static func serving(_ mirror: TestMirror) throws -> NginxServer {
        try NginxServer { try mirror.run("layout", "nginx", "--listen", $0).output }
    }
}

extension WebServer {
    /// Serves a mirror as `larder layout` says.
    ///
    /// - Parameters:
    ///   - mirror: The mirror.
    ///   - offersJSON: Whether clients that ask for JSON get it.
    /// - Returns: The server.
    /// - Throws: When it does not start.
    func serving(_ mirror: TestMirror, offersJSON: Bool = true) throws -> any LayoutServer {
        if self == .larder {
            try #require(offersJSON, "it offers JSON to everybody")
            return try LarderServer(root: mirror.root)
        }
        return try type.init { listen in
            let result = try mirror.run("layout", rawValue, "--listen", listen)
            try #require(result.exitCode == 0, "\(result)")
            return offersJSON ? result.output : result.output.replacing("(?:v1|latest)\\+json", with: "none")
        }
    }
}
