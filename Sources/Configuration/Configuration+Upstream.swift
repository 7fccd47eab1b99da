package import Packaging
package import SystemPackage

extension Configuration {
    /// `[upstream]`, or one of several `[[upstream]]`: where to download from.
    package struct Upstream: Hashable, Sendable {
        /// `name`: unique whatever its case; `nil` for `[upstream]`, which is the only one.
        package var name: String?

        /// `projects`: the names that it is asked for, unless an upstream before it claims them; never empty.
        package var claims: [ProjectPattern] {
            get { statedClaims.map(\.value) }
            set { statedClaims = newValue.map { Stated($0) } }
        }

        /// The same, with the lines that state them.
        package var statedClaims = [Stated(ProjectPattern.all)]

        /// `url`: the simple index.
        package var url: IndexURL

        /// `connections`: how many transfers run at once, from 1 to `connectionLimit`.
        package var connections = 10

        /// `connections-per-host`: how many of them with one host; `nil` sets no bound of its own.
        package var connectionsPerHost: Int?

        /// `connect-timeout`: name look-up, TCP and TLS together.
        package var connectTimeout = Duration.seconds(30)

        /// `first-byte-timeout`: from the request to the first byte of its answer.
        package var firstByteTimeout = Duration.seconds(60)

        /// `stall-timeout`: how long an answer may bring nothing.
        package var stallTimeout = Duration.seconds(60)

        /// `revalidation`: within how long every project is asked for again, to catch what moves no serial.
        package var revalidation = Duration.seconds(7 * 86_400)

        /// `accept-stale-after`: for how long a page waits for the serial that the root list promises.
        package var acceptStaleAfter = Duration.seconds(86_400)

        /// `retries`: how often a failed request is tried again, from 0 to 100.
        package var retries = 4

        /// `requests-per-second`: the most requests of the whole engine in a second, at least 1; `nil` sets no bound.
        package var requestsPerSecond: Int?

        /// `bytes-per-second`: the most bytes that the whole engine takes in a second; `nil` sets no bound.
        package var bytesPerSecond: ByteCount?

        /// `ca-file`: the certificates (PEM) to trust instead of the system's.
        package var caFile: FilePath?

        /// `client-certificate`: the certificate (PEM) to sign in with, which may hold the key too.
        package var clientCertificate: FilePath?

        /// `client-key`: the key (PEM) of `clientCertificate`.
        package var clientKey: FilePath?

        /// `pins`: the public keys that the host of `url` may have, each as `sha256//` and base64; empty for any.
        package var pins: [String] = []

        /// `username` for HTTP Basic.
        package var username: String?

        /// `password` for HTTP Basic; at most one of it, `passwordFile` and `tokenFile` is set.
        package var password: Secret?

        /// `password-file`: a file that holds the password and may end in a newline.
        package var passwordFile: FilePath?

        /// `token-file`: a file that holds a bearer token and may end in a newline.
        package var tokenFile: FilePath?

        /// `netrc-file`: a file in the format of netrc(5) to sign in with; set alone, without the credentials above.
        package var netrcFile: FilePath?

        /// `proxy`: the URL of a proxy, without credentials; `nil` leaves it to the environment.
        package var proxy: String?

        /// `no-proxy`: the hosts to reach without proxy; `["*"]` is all of them, `nil` leaves it to the environment.
        package var noProxy: [String]?

        /// `headers`: sent with each request to the upstream's own host; they may be secret.
        package var headers: [String: Secret] = [:]

        /// `insecure`: whether certificates are not checked.
        package var insecure = false

        /// `contact`: how the upstream's people reach this mirror's; said in `User-Agent`.
        package var contact: String?

        /// `file-roots`: folders that `file://` URLs may lead into, beside that of the upstream itself.
        package var fileRoots: [FilePath] = []

        /// `ftp`: whether `ftp` and `ftps` URLs are taken, for `url`, mirrors and files.
        package var allowsFTP = false

        /// `file-mirrors`: where files are asked for, in this order; holds ``FileSource/upstream`` exactly once.
        package var fileSources = [FileSource.upstream]

        /// `index-mirrors`: simple indexes that are asked when `url` fails, in this order.
        package var indexMirrors: [IndexURL] = []

        /// The most connections that may be configured, so that descriptors stay within usual limits.
        package static let connectionLimit = 256

        /// The most requests in a second that may be configured; beyond it a bound has no meaning.
        package static let requestRateLimit = 1_000_000

        /// The most upstreams of one mirror, each of which has threads and connections of its own.
        package static let countLimit = 16

        /// What it is called in messages and reports: its name, else its URL.
        package var label: String { name ?? url.text }

        /// The defaults, for a URL.
        package init(url: IndexURL) {
            self.url = url
        }

        /// A host that holds the upstream's files.
        package enum FileSource: Hashable, Sendable {
            /// The one that the upstream's page names.
            case upstream

            /// One that holds the same files under the same paths below a base URL.
            case mirror(IndexURL)
        }
    }
}
