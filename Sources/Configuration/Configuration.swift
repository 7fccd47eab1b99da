package import Packaging
package import SystemPackage

/// What `larder.toml` says: how this mirror is kept.
///
/// Printing it shows no secret.
package struct Configuration: Hashable, Sendable {
    /// `[upstream]`.
    package var upstream: Upstream

    /// `[select]`.
    package var selection: Selection

    /// `[guard]`.
    package var removalGuard: RemovalGuard

    /// `[gc]`.
    package var collection: Collection

    /// `[publish]`.
    package var publication: Publication

    /// `[verify]`.
    package var verification: Verification

    /// The defaults, for an upstream.
    package init(upstream: Upstream) {
        self.upstream = upstream
        selection = Selection()
        removalGuard = RemovalGuard()
        collection = Collection()
        publication = Publication()
        verification = Verification()
    }
}

extension Configuration {
    /// `[upstream]`: where to download from.
    package struct Upstream: Hashable, Sendable {
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

        /// `retries`: how often a failed request is tried again, from 0 to 100.
        package var retries = 4

        /// `ca-file`: the certificates (PEM) to trust instead of the system's.
        package var caFile: FilePath?

        /// `client-certificate`: the certificate (PEM) to sign in with, which may hold the key too.
        package var clientCertificate: FilePath?

        /// `client-key`: the key (PEM) of `clientCertificate`.
        package var clientKey: FilePath?

        /// `username` for HTTP Basic.
        package var username: String?

        /// `password` for HTTP Basic; at most one of it, `passwordFile` and `tokenFile` is set.
        package var password: Secret?

        /// `password-file`: a file that holds the password and may end in a newline.
        package var passwordFile: FilePath?

        /// `token-file`: a file that holds a bearer token and may end in a newline.
        package var tokenFile: FilePath?

        /// `proxy`: the URL of a proxy, without credentials; `nil` leaves it to the environment.
        package var proxy: String?

        /// `headers`: sent with each request to the upstream's own host; they may be secret.
        package var headers: [String: Secret] = [:]

        /// `insecure`: whether certificates are not checked.
        package var insecure = false

        /// `contact`: how the upstream's people reach this mirror's; said in `User-Agent`.
        package var contact: String?

        /// `file-roots`: folders that `file://` URLs may lead into, beside that of the upstream itself.
        package var fileRoots: [FilePath] = []

        /// The most connections that may be configured, so that descriptors stay within usual limits.
        package static let connectionLimit = 256

        /// The defaults, for a URL.
        package init(url: IndexURL) {
            self.url = url
        }
    }

    /// `[select]`: which projects, releases and files to keep.
    package struct Selection: Hashable, Sendable {
        /// `projects`: beside those that `projects.txt` lists.
        package var projects = Projects.named([])

        /// `latest`: how many releases of a project to keep, at least 1; `nil` keeps all.
        package var latest: Int?

        /// The defaults.
        package init() {}

        /// What `projects` selects.
        package enum Projects: Hashable, Sendable {
            /// Every project of the upstream: `["*"]`.
            case all

            /// Those named, in the order of the file and each once.
            case named([ProjectName])
        }
    }

    /// `[guard]`: how much one run may withdraw.
    package struct RemovalGuard: Hashable, Sendable {
        /// `removals`: of projects and of files; `nil` stands for the default of 2 % of projects and 5 % of files.
        package var removals: Share?

        /// The defaults.
        package init() {}
    }

    /// `[gc]`: when what nothing refers to is freed.
    package struct Collection: Hashable, Sendable {
        /// `grace`: how long it is kept.
        package var grace = Duration.seconds(7 * 86400)

        /// The defaults.
        package init() {}
    }

    /// `[publish]`: what is published, and how far it can be rolled back.
    package struct Publication: Hashable, Sendable {
        /// `keep-generations`: how many stay reachable, at least 1.
        package var keepGenerations = 20

        /// `base-url`: where clients find the document root, ending in `/`; `http` or `https`.
        package var baseURL: IndexURL?

        /// The defaults.
        package init() {}
    }

    /// `[verify]`: the bounds of `verify` where its flags set none.
    package struct Verification: Hashable, Sendable {
        /// `max-age`: objects checked more recently are skipped.
        package var maximumAge: Duration?

        /// `max-rate`: the most bytes to read in a second.
        package var maximumRate: ByteCount?

        /// The defaults.
        package init() {}
    }
}
