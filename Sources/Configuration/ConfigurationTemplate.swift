package import SystemPackage
internal import TOML

/// The `larder.toml` that `init` writes: what was chosen, and every other key as a comment with its default.
///
/// A comment for people starts with `# `; a setting that is switched off has its `#` right before the key.
package struct ConfigurationTemplate: Hashable, Sendable {
    /// The index to download from.
    package var url: IndexURL

    /// Whether every project is selected; else `projects.txt` lists them.
    package var selectsAll = false

    /// The certificates to trust instead of the system's.
    package var caFile: FilePath?

    /// The certificate to sign in with, which may hold its key too.
    package var clientCertificate: FilePath?

    /// The key of that certificate.
    package var clientKey: FilePath?

    /// The URL of a proxy, without credentials.
    package var proxy: String?

    /// Whether certificates are not checked.
    package var insecure = false

    /// The defaults, for a URL.
    package init(url: IndexURL) {
        self.url = url
    }

    /// What pip uses, without its credentials; those belong into `upstream.secret`.
    package init(_ pip: PipConfiguration) {
        url = pip.index
        caFile = pip.caFile
        clientCertificate = pip.clientCertificate
        proxy = pip.proxy
        insecure = pip.trustsIndex
    }

    /// Writes the file.
    ///
    /// - Returns: Text that `Configuration.parse` reads back to these values.
    package func render() -> String {
        """
        # larder.toml: what this mirror keeps, and where it comes from.
        # Lines like "#key = value" show a setting that is off; where it has a default, they show that.
        # Durations are written 30s, 15m, 12h or 7d, sizes 10MB or 4GiB, shares "2%". Relative paths start here.

        [upstream]
        # The simple index to download from: https, http, or file:// for a folder on this machine;
        # also ftp and ftps, for the index and for files, where ftp = true.
        url = \(tomlLiteral(url.text))
        \(url.scheme == .ftp || url.scheme == .ftps ? "ftp = true" : "#ftp = false")

        # Hosts that hold the same files below a base URL, in the order in which they are asked ("upstream" is
        # the URL that the page names, else the last); and simple indexes to ask when the one above fails.
        #file-mirrors = ["https://mirror.example/pypi/", "upstream"]
        #index-mirrors = ["https://mirror.example/simple/"]

        # Transfers that run at once, in all and (without a bound of its own) with one host.
        #connections = 10
        #connections-per-host = 10

        # The most of all connections together in a second.
        #requests-per-second = 50
        #bytes-per-second = "20MB"

        # How long to wait for a connection, for the first byte of an answer, and for more of it;
        # and how often to try again.
        #connect-timeout = "30s"
        #first-byte-timeout = "60s"
        #stall-timeout = "60s"
        # Within how long every project is asked for again, by condition, to catch what moves no serial; and for how long
        # a page waits that is older than the list of projects says, before it is taken with a warning.
        #revalidation = "7d"
        #accept-stale-after = "24h"
        #retries = 4

        # Certificates (PEM) to trust instead of the system's, and the certificate and key to sign in with.
        # pins are the public keys that the host of url may have. insecure = true checks no certificates at all.
        \(line("ca-file", caFile?.string, example: "ca.pem"))
        \(line("client-certificate", clientCertificate?.string, example: "client.pem"))
        \(line("client-key", clientKey?.string, example: "client.key"))
        #pins = ["sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="]
        \(insecure ? "insecure = true" : "#insecure = false")

        # Credentials: a name with a password, a bearer token, or a file as netrc(5) says. They can also stand in
        # upstream.secret (mode 0600), which holds the keys username, password, token, and proxy with credentials
        # in its URL; or in the environment, as LARDER_UPSTREAM_USERNAME, _PASSWORD, _TOKEN and _PROXY.
        #username = "mirror"
        #password = "secret"
        #password-file = "/run/secrets/index-password"
        #token-file = "/run/secrets/index-token"
        #netrc-file = "/run/secrets/netrc"

        # A proxy instead of the one that https_proxy and its like name: http, https, socks5 or socks5h;
        # and the hosts to reach without it, instead of those of no_proxy.
        \(line("proxy", proxy, example: "http://proxy.example:3128"))
        #no-proxy = ["localhost", ".company.example"]

        # Headers to send to the upstream, and how its people reach you: it is told in User-Agent.
        #headers = { "X-Team" = "packages" }
        #contact = "mirror-admins@company.example"

        # Folders that a file:// upstream may link into, beside its own.
        #file-roots = ["/srv/packages"]

        # Several upstreams: write [[upstream]] in place of [upstream], once for each, with a name and the projects
        # that come from it. A project comes from the first one that claims its name, and never from another:
        #   [[upstream]]
        #   name = "company"
        #   url = "https://packages.company.example/simple/"
        #   projects = ["company-*"]
        #   [[upstream]]
        #   name = "public"
        #   url = \(tomlLiteral(url.text))

        [select]
        # Projects to keep, beside those that projects.txt lists ("larder add NAME" writes there): names, and
        # patterns with * and ?; ["*"] is all.
        \(selectsAll ? "projects = [\"*\"]" : "#projects = [\"demo\", \"another-demo\"]")

        # How many releases of each project to keep, counted from the newest; all of them when unset.
        #latest = 3
        # Whether prereleases count among them like any other; else final releases go first.
        #latest-prereleases = false

        # What requirement files of pip ask for, and exactly what lock files list (uv.lock, poetry.lock, pdm.lock,
        # pylock.toml, Pipfile.lock).
        #requirements = ["requirements.txt"]
        #lock-files = ["uv.lock"]

        # Whether prereleases and yanked files are kept, and the largest file and project; larger files, and the
        # oldest releases of larger projects, are left out and told.
        #prereleases = true
        #yanked = true
        #max-file-size = "1GB"
        #max-project-size = "20GB"

        # When files are downloaded: "all" of them by a sync; "on-demand", when somebody asks "larder serve --on-demand" for
        # one, which keeps it; "stream", the same without keeping any.
        #files = "on-demand"

        # Files uploaded from a day on, and before another; projects of which no file is kept, only a page. With files on
        # demand, these are the projects whose files are, and all others are downloaded; without this line all are on demand.
        #uploaded-after = "2020-01-01"
        #uploaded-before = "2030-01-01"
        #metadata-only = ["huge-*"]

        # Whether what all that needs is kept too, and for which Pythons: "newest", the newest releases that satisfy, or
        # "all-compatible", every release that does. With "newest", of what is named above only the newest is kept.
        #closure = "newest"
        #environments = [{ python = "3.12", platform = "linux" }]

        [select.exclude]
        # What is left out of all that: projects, releases, kinds (wheel, sdist, egg, wininst, msi, rpm, deb, dmg,
        # dumb, other), wheels for these platforms only, files for these Pythons only, files that none of the environments
        # above can install, names of files (as grep -E).
        #projects = ["unwanted", "unwanted-*"]
        #releases = ["demo<2"]
        #kinds = ["egg", "wininst"]
        #platforms = ["windows", "macosx_*"]
        #pythons = ["2", "<3.9"]
        #other-environments = true
        #files = ["-debug-"]

        [policy]
        # How long ago a file must have been uploaded before pages list it, and projects that need not wait.
        #minimum-age = "7d"
        #minimum-age-exceptions = ["company-*"]

        [policy.blocked]
        # What is taken off at once and stays off; a blocked project keeps a page that lists nothing.
        #projects = ["evil"]
        #releases = ["demo==1.3"]
        #digests = ["sha256:0000000000000000000000000000000000000000000000000000000000000000"]

        [guard]
        # The share of projects or files that one sync may withdraw before it asks for --accept-removals.
        # When unset: 2% of the projects, 5% of the files.
        #removals = "2%"
        # What must stay free on the disk; a command that would need it ends with 74 and keeps what it has.
        #free-space = "32MiB"

        [gc]
        # How long files are kept that nothing refers to any more.
        #grace = "7d"

        [publish]
        # How many generations "larder rollback" can go back, and where clients find this mirror; with https, provenance
        # documents (PEP 740) are mirrored too.
        #keep-generations = 20
        #base-url = "https://mirror.company.example/"
        # Whether /pypi/NAME/json and /pypi/NAME/VERSION/json are published; for bandersnatch they need base-url.
        #legacy-json = true
        # Whether there are pages for people: / and /project/NAME/.
        #web-pages = true
        # The secret key, made by "larder keygen", that signs generation.json of each publication.
        #signing-key = "/etc/larder/signing.key"
        # What files below packages/ are: "symlink" to the store, "hardlink" or "copy" for servers that follow no links.
        #link = "symlink"

        [verify]
        # What "larder verify" does by itself: skip what was checked more recently, read at most so much a second.
        #max-age = "30d"
        #max-rate = "100MB"

        [airgap]
        # Whose bundles "larder import" takes (keys, or files that hold them), and how many of them have to have signed one.
        #signers = ["release.key.pub"]
        #threshold = 1

        """
    }

    private func line(_ key: String, _ value: String?, example: String) -> String {
        value.map { "\(key) = \(tomlLiteral($0))" } ?? "#\(key) = \(tomlLiteral(example))"
    }
}
