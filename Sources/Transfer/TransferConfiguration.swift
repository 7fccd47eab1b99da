package import SystemPackage

/// How a transfer engine reaches its servers: limits, patience, identity and trust.
///
/// The defaults are those of the `[upstream]` table.
package struct TransferConfiguration: Sendable {
    /// The versions of HTTP that are spoken over TLS.
    package enum HTTPVersion: Sendable {
        /// HTTP/2 where the server offers it by ALPN, else HTTP/1.1.
        case automatic
        /// HTTP/1.1 only.
        case http1
    }

    /// The most connections in all.
    package var connections = 10
    /// The most connections to one host; `nil` for as many as ``connections``.
    package var connectionsPerHost: Int?
    /// The most requests that are under way at once; `nil` for as many as ``connections``.
    ///
    /// More make sense only where servers speak HTTP/2 and answer slowly: requests beyond the number of connections are
    /// then ordered by libcurl, no longer by priority.
    package var requestsInFlight: Int?
    /// The versions of HTTP.
    package var httpVersion = HTTPVersion.automatic

    /// The most requests that are sent in one second, redirects and repetitions included; `nil` for no limit.
    ///
    /// One second's worth may be sent at once after a pause.
    package var requestsPerSecond: Double?
    /// The most bytes of bodies that are taken from the network in one second, all connections together; `nil` for no
    /// limit.
    package var bytesPerSecond: UInt64?

    /// How long resolving, connecting and the TLS handshake may take together.
    package var connectTimeout = Duration.seconds(30)
    /// How long a server may think about a request before the first byte of its answer.
    package var firstByteTimeout = Duration.seconds(60)
    /// How long a body may come at less than ``stallBytesPerSecond``.
    package var stallTimeout = Duration.seconds(60)
    /// The slowest rate of a body that counts as progress.
    package var stallBytesPerSecond = 128

    /// How many times a request is repeated after a failure that may pass.
    package var retries = 4
    /// The bound of the random wait before the first repetition; it doubles with each one.
    package var backoffBase = Duration.milliseconds(500)
    /// The bound of all random waits.
    package var backoffLimit = Duration.seconds(30)
    /// The longest wait that a server may ask for with `Retry-After`; longer ones are cut to this.
    package var retryAfterLimit = Duration.seconds(300)
    /// How many requests in a row that brought no answer make a host count as down.
    package var hostFailures = 5
    /// For how long a host that was given up is not asked at all; it doubles each time, up to ten minutes.
    package var hostCooldown = Duration.seconds(30)
    /// How many answers of 401 or 407, with none that is better before, make an origin count as refusing us.
    package var refusals = 5
    /// The same for 403, which some indexes answer for each name that they do not know.
    package var prohibitions = 20
    /// How many redirects one request may follow.
    package var maximumRedirects = 5

    /// A file of PEM certificates to trust instead of the system's, for servers and for an HTTPS proxy.
    package var caFile: FilePath?
    /// A PEM file with the certificate that says who we are.
    package var clientCertificate: FilePath?
    /// A PEM file with the key of ``clientCertificate``; `nil` when that file holds it too.
    package var clientKey: FilePath?
    /// The public keys that the servers of ``identityOrigins`` may have, as `sha256//` and base64; empty for any.
    ///
    /// They are checked beside the certificates, and also when ``isInsecure`` (CURLOPT_PINNEDPUBLICKEY(3)).
    package var pins: [String] = []
    /// Whether certificates are taken without checking them.
    package var isInsecure = false
    /// Who we are to the servers of ``identityOrigins``.
    package var credentials: TransferCredentials?
    /// A file in the format of netrc(5) that names us to ``identityOrigins`` where ``credentials`` is `nil`.
    package var netrcFile: FilePath?
    /// URLs whose origins (scheme, host and port) get ``credentials``, ``headers`` and the client certificate.
    ///
    /// When empty, the origin of each request gets them. A redirect to another origin takes them along only when that
    /// origin is listed here.
    package var identityOrigins: [String] = []
    /// A proxy's URL, with its own credentials; `nil` for the environment's, empty for none.
    package var proxy: String?
    /// The hosts that are reached without proxy, separated by commas; `nil` for the environment's.
    package var noProxy: String?
    /// The `User-Agent`.
    package var userAgent = "larder"
    /// Further headers of every request to ``identityOrigins``, as names and values.
    package var headers: [(name: String, value: String)] = []

    /// The directories below which `file://` URLs may lie, links resolved; none by default.
    package var fileRoots: [FilePath] = []
    /// Whether `ftp` and `ftps` URLs are taken.
    package var allowsFTP = false

    /// The bytes that may have been received and not yet been written or handed over.
    ///
    /// Reaching it pauses transfers, except one, so that it may be exceeded by the largest body that is received into
    /// memory. libcurl keeps what it had read when it was paused: up to 512 KiB for each large file.
    package var bufferedBytes = 12 << 20
    /// The longest body that is received into memory when the request does not say.
    package var maximumMemoryBody: UInt64 = 128 << 20
    /// How many times as long as what came over the network a decoded body may be, beyond its first MiB.
    package var maximumCompressionRatio: UInt64 = 400
    /// The longest head of an answer, all its header lines together, in bytes.
    package var maximumHeadBytes = 256 << 10
    /// The threads that compute digests and write files.
    package var receiverThreads = 2

    /// The defaults.
    package init() {}

    /// The `User-Agent` of Larder.
    ///
    /// - Parameters:
    ///   - version: Larder's version.
    ///   - contact: An address or a URL under which the operator of an upstream finds the operator of the mirror.
    /// - Returns: `larder/1.0 (+contact)`.
    package static func userAgent(version: String, contact: String?) -> String {
        guard let contact, !contact.isEmpty else { return "larder/\(version)" }
        return "larder/\(version) (+\(contact))"
    }
}

/// Who we are to a server; never printed.
package enum TransferCredentials: Sendable, Equatable {
    /// A name and a password (RFC 7617).
    case basic(userName: String, password: String)
    /// A token (RFC 6750).
    case bearer(String)
}

extension TransferCredentials: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String {
        switch self {
        case .basic: "basic credentials"
        case .bearer: "bearer token"
        }
    }

    package var debugDescription: String { description }

    package var customMirror: Mirror { Mirror(self, children: []) }
}
