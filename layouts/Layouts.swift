/// The configuration of a web server that serves a mirror.
package enum Layout: String, CaseIterable, Sendable {
    /// nginx 1.18 and newer, with its gzip_static module.
    case nginx
    /// Apache httpd 2.4.58 and newer, with mod_rewrite and mod_headers.
    case apache
    /// Caddy 2.6 and newer.
    case caddy
    /// lighttpd 1.4.69 and newer.
    case lighttpd

    /// Writes the configuration.
    ///
    /// - Parameters:
    ///   - root: The mirror's root as an absolute path; its `web` becomes the document root.
    ///   - listen: What the server listens on: `80`, `127.0.0.1:8080`, `[::]:80`; for nginx, whatever it takes.
    ///   - serverName: The host names it answers to, separated by spaces; `_` means any.
    ///   - streamer: Where `larder serve --on-demand` listens, as `127.0.0.1:8080`, which is asked for files that are not
    ///     here; `nil` for none.
    /// - Returns: A whole file with its installation in a comment at the top, which does not depend on what the mirror
    ///   holds.
    /// - Throws: `LayoutError` for a value that the server's configuration cannot express.
    package func render(
        root: String,
        listen: String,
        serverName: String = "_",
        streamer: String? = nil
    ) throws(LayoutError) -> String {
        let folder = try mirrorFolder(root)
        var values =
            switch self {
            case .nginx: try nginxValues(folder, listen, serverName)
            case .apache: try apacheValues(folder, Listener(listen), hostNames(serverName))
            case .caddy: try caddyValues(folder, Listener(listen), hostNames(serverName))
            case .lighttpd: try lighttpdValues(folder, Listener(listen), hostNames(serverName))
            }
        values["ROOT_ARGUMENT"] = shellQuoted(folder.isEmpty ? "/" : folder)
        values["JSON"] = #"application/vnd\.pypi\.simple\.(?:v1|latest)\+json"# + accepted
        values["HTML"] = #"application/vnd\.pypi\.simple\.(?:v1|latest)\+html"# + accepted
        values["PROJECT"] = "/project/[a-z0-9-]+"
        values["ASSET"] = #"/pages/(?:style\.css|search\.js|icon\.svg)"#
        values["POLICY"] = Self.contentPolicy
        values.merge(try streamerValues(streamer)) { _, new in new }
        values["SNAPSHOT"] = "/snapshots/[A-Za-z0-9][A-Za-z0-9._-]*"
        values["GZIP"] = #"(?:^|[\s,])(?:x-)?gzip"# + accepted
        // Values may hold names of others.
        return fill(Array(fill(template, values).utf8), values)
    }

    private var template: [UInt8] {
        switch self {
        case .nginx: PackageResources.nginx_conf_in
        case .apache: PackageResources.apache_conf_in
        case .caddy: PackageResources.Caddyfile_in
        case .lighttpd: PackageResources.lighttpd_conf_in
        }
    }
}

/// A value that the configuration of a web server cannot express.
package struct LayoutError: Error, Equatable, CustomStringConvertible {
    /// Which value: the root, what to listen on, or the server name.
    package let what: String

    /// The value.
    package let value: String

    /// Why it cannot be written.
    package let problem: String

    package var description: String { "the \(what) '\(value)' \(problem); choose another one" }
}

/// What follows the name of a type or an encoding that a client accepts: not `q=0`, by which it refuses it.
///
/// RFC 9110, section 12.4.2. It is written for the regular expressions of all servers, some of which cannot look ahead.
private let accepted = #"\s*(?:,|$|;\s*(?:[^q\s]|q=(?:1|0?\.0*[1-9])))"#

extension Layout {
    /// What pages for people may load: the style, the script and the icon of the same tree, and nothing that stands in a
    /// page.
    package static let contentPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
        + "frame-ancestors 'none'"
}

/// Replaces each `@NAME@` of a template that has a value; any other text stays, an `@` too.
private func fill(_ template: [UInt8], _ values: [String: String]) -> String {
    let parts = String(decoding: template, as: UTF8.self).split(separator: "@", omittingEmptySubsequences: false)
    var text = String(parts[0])
    var place = 1
    while place < parts.count {
        if place + 1 < parts.count, let value = values[String(parts[place])] {
            text += value + parts[place + 1]
            place += 2
        } else {
            text += "@" + parts[place]
            place += 1
        }
    }
    return text
}
