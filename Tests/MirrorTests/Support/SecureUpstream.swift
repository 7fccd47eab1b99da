import DemoUpstream
import Digest
import Foundation
import Layouts
import SystemPackage
import TestSupport

/// The demo's upstream behind nginx with TLS, which writes down who asked for what.
final class SecureUpstream {
    /// A request as nginx saw it.
    struct Request {
        let resource: Resource
        let status: Int
        /// The subject of the client's certificate.
        let client: String?
        /// The credentials for nginx.
        let authorization: String?
        /// The credentials for a proxy, which should not get here.
        let proxyAuthorization: String?
    }

    let demo: DemoFixture
    /// Where the certificates are: `ca`, `other-ca`, `server` and `client`, each `.pem` and `.key`.
    let certificates: FilePath
    private let server: NginxServer
    private let log: FilePath

    /// Starts nginx.
    ///
    /// - Parameters:
    ///   - asksForCertificate: Whether a client needs a certificate of `ca`.
    ///   - content: What the upstream has.
    /// - Throws: What keeps it from starting.
    init(asksForCertificate: Bool = false, content: [DemoUpstream.Change] = DemoFixture.small) throws {
        let demo = try DemoFixture(content)
        let folder = demo.folder.path.appending("certificates")
        try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
        try Certificates.make(in: folder)
        try demo.folder.link("site/web", to: "../upstream")
        let log = demo.folder.path.appending("requests.log")
        let site = demo.folder.path.appending("site")
        let client = asksForCertificate ? "ssl_verify_client on; ssl_client_certificate \(folder)/ca.pem;" : ""
        server = try NginxServer { address in
            """
            log_format identity
                '$request_uri|$status|$ssl_client_s_dn|$http_authorization|$http_proxy_authorization';
            access_log \(log) identity;
            ssl_certificate \(folder)/server.pem;
            ssl_certificate_key \(folder)/server.key;
            \(client)

            """ + (try Layout.nginx.render(root: site.string, listen: "\(address) ssl http2"))
        }
        (self.demo, certificates, self.log) = (demo, folder, log)
    }

    /// The simple index; the certificate is one for `localhost`.
    var url: String { "https://localhost:\(server.port)/simple/" }

    /// The host and port.
    var authority: String { "localhost:\(server.port)" }

    /// The pin of the server's key.
    var pin: String {
        get throws {
            let digest = try SHA256Digest.hash(try Certificates.publicKey(in: certificates))
            return "sha256//\(Data(digest.bytes).base64EncodedString())"
        }
    }

    /// A path of a certificate or key, as TOML.
    func path(_ name: String) -> String { "'\(certificates.appending(name))'" }

    /// All requests so far.
    var requests: [Request] {
        get throws {
            try String(contentsOfFile: log.string, encoding: .utf8).split(separator: "\n").compactMap { line in
                let parts = line.components(separatedBy: "|")
                guard parts.count == 5 else { return nil }
                let values = parts.map { $0 == "-" || $0.isEmpty ? nil : $0 }
                return Request(
                    resource: Resource(parts[0]),
                    status: Int(parts[1]) ?? 0,
                    client: values[2],
                    authorization: values[3],
                    proxyAuthorization: values[4]
                )
            }
        }
    }

    /// What was asked for in a certain way, each time.
    func resources(where condition: (Request) -> Bool) throws -> Set<Resource> {
        let requests = try requests
        return Set<Resource>(requests.map(\.resource))
            .subtracting(requests.filter { !condition($0) }.map(\.resource))
    }
}
