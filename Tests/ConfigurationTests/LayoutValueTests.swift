import Layouts
import Testing

@Suite("Values in a layout")
struct LayoutValueTests {
    @Test("The file says how it is installed, and leaves nothing to fill in", arguments: Layout.allCases)
    func complete(layout: Layout) throws {
        let text = try layout.render(root: "/srv/o'hara/", listen: "[::]:80", serverName: "_")
        #expect(text.contains("larder --root '/srv/o'\\''hara' layout \(layout.rawValue)"))
        #expect(text.contains("\"/srv/o'hara/web\""))
        #expect(try text.firstMatch(of: Regex("@[A-Z_]+@")) == nil)
        #expect(text.contains("vnd\\.pypi\\.simple"))
        let whole = try layout.render(root: "/", listen: "80")
        #expect(whole.contains("larder --root / layout") && whole.contains("\"/web\""))
    }

    private static let everywhere = [
        ("srv/mirror", "80", "_"), ("/srv/a\nb", "80", "_"), ("/srv", "80; root /", "_"), ("/srv", "", "_"),
        ("/srv", "80", "a;b"), ("/srv", "80", ""), ("/srv", "80", "a\nb"), ("/srv", "80", "a{b"), ("/srv", "80\n", "_"),
    ]

    @Test("Values that would change the configuration are refused", arguments: Layout.allCases, everywhere)
    func refused(layout: Layout, values: (root: String, listen: String, serverName: String)) {
        #expect(throws: LayoutError.self) {
            try layout.render(root: values.root, listen: values.listen, serverName: values.serverName)
        }
    }

    @Test(
        "What a server cannot write is refused for it alone",
        arguments: [
            (Layout.nginx, ["/a$b"]), (.apache, ["/a$b", "/a\\b", "/a*b", "/a?b", "/a[b]"]),
            (.caddy, ["/a{b}", "/a\\b", "/a*b", "/a?b", "/a[b]"]), (.lighttpd, ["/a\"b", "/a\\b"]),
        ]
    )
    func ownLimits(layout: Layout, roots: [String]) throws {
        for root in roots {
            let error = try #require(throws: LayoutError.self) { try layout.render(root: root, listen: "80") }
            #expect(error.what == "root" && error.value == root)
        }
        #expect(try layout.render(root: "/a 'b' #@%~é;", listen: "80").contains("/a 'b' #@%~é;/web"))
    }

    @Test(
        "Where the others than nginx listen is a port, with an address or without",
        arguments: [Layout.apache, .caddy, .lighttpd]
    )
    func listeners(layout: Layout) throws {
        for listen in ["0", "65536", "http", "80 default_server", ":80", "a:b:80", "[::1]", "[]:80", "unix:/x", "+80"] {
            #expect(throws: LayoutError.self, "\(listen)") { try layout.render(root: "/srv", listen: listen) }
        }
        for listen in ["80", "8080", "*:8080", "127.0.0.1:8080", "localhost:8080", "[::1]:8080", "[::]:80"] {
            #expect(throws: Never.self, "\(listen)") { try layout.render(root: "/srv", listen: listen) }
        }
        for name in ["*", "*.", ".example.org", "a.*", "a b$c", "*.*.org"] {
            #expect(throws: LayoutError.self, "\(name)") {
                try layout.render(root: "/srv", listen: "80", serverName: name)
            }
        }
    }

    @Test("Addresses and names are written as each server reads them")
    func dialects() throws {
        func lines(_ layout: Layout, _ listen: String, _ names: String = "_") throws -> [String] {
            try layout.render(root: "/srv", listen: listen, serverName: names).split(separator: "\n")
                .map { $0.trimmingPrefix(while: \.isWhitespace) }.map(String.init)
        }
        let names = "*.example.org pypi.example"
        #expect(try lines(.apache, "80").contains("<VirtualHost *:80>"))
        #expect(try !lines(.apache, "80").contains { $0.hasPrefix("Listen") || $0.hasPrefix("Server") })
        let apache = try lines(.apache, "[::1]:8080", names)
        for line in [
            "Listen [::1]:8080", "<VirtualHost [::1]:8080>", "ServerAlias *.example.org", "ServerName pypi.example",
        ] {
            #expect(apache.contains(line))
        }
        #expect(try lines(.caddy, "8080").contains("http://:8080 {"))
        let caddy = try lines(.caddy, "[::1]:8080", names)
        #expect(caddy.contains("http://*.example.org:8080, http://pypi.example:8080 {"))
        #expect(caddy.contains("bind ::1"))
        #expect(try lines(.lighttpd, "80").contains("$SERVER[\"socket\"] =~ \":80$\" { $HTTP[\"host\"] =~ \"\" {"))
        #expect(try lines(.lighttpd, "8080").contains { $0.hasPrefix("$SERVER[\"socket\"] == \"0.0.0.0:8080\" {") })
        let lighttpd = try lines(.lighttpd, "[::1]:8080", names)
        #expect(lighttpd.contains { $0.contains("\"(?i)^(?:[^:]+\\.example\\.org|pypi\\.example)(?::[0-9]+)?$\"") })
    }
}
