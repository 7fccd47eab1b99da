import Digest
import Foundation
import SystemPackage
import TestSupport
import Testing

extension Nginx {
    /// A request as nginx saw it.
    struct Request: Sendable, Equatable {
        /// The number of the connection.
        let connection: String
        /// Whether the connection's TLS session was one from before.
        let isResumed: Bool
        /// The subject of the client's certificate; `nil` when it showed none.
        let client: String?
        /// The client's credentials.
        let authorization: String?
        /// Credentials for a proxy, which should never come this far.
        let proxyAuthorization: String?
        /// The status of the answer.
        let status: Int
        /// The path.
        let path: String

        fileprivate static let separator = "|"

        /// How nginx writes it down, in the order of the properties.
        static let format = [
            "$connection", "$ssl_session_reused", "$ssl_client_s_dn", "$http_authorization",
            "$http_proxy_authorization", "$status", "$uri",
        ].joined(separator: separator)

        fileprivate init?(_ line: Substring) {
            let parts = line.components(separatedBy: Self.separator).map { $0 == "-" || $0.isEmpty ? nil : $0 }
            guard parts.count == 7, let connection = parts[0], let path = parts[6] else { return nil }
            self.connection = connection
            isResumed = parts[1] == "r"
            client = parts[2]
            authorization = parts[3]
            proxyAuthorization = parts[4]
            status = parts[5].flatMap { Int($0) } ?? 0
            self.path = path
        }
    }

    /// The pin of the public key in `NAME.pem` of the server's directory.
    func pin(_ name: String = "server") throws -> String {
        let key = try Certificates.publicKey(name, in: directory)
        return "sha256//" + Data(try SHA256Digest.hash(key).bytes).base64EncodedString()
    }

    /// The requests, as soon as nginx has written down so many of them, which it does after it has answered.
    func requests(_ count: Int) async throws -> [Request] {
        let file = path("details.log").string
        func read() throws -> [Request] {
            try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n").compactMap(Request.init)
        }
        try await eventually { try read().count >= count }
        return try read()
    }
}
