/// The configuration of a web server that serves a mirror.
package enum Layout: String, CaseIterable, Sendable {
    /// nginx 1.18 and newer, with its gzip_static module.
    case nginx

    /// Writes the configuration.
    ///
    /// - Parameters:
    ///   - root: The mirror's root as an absolute path; its `web` becomes the document root.
    ///   - listen: What the server listens on, as nginx writes it: `80`, `127.0.0.1:8080`, `[::]:80`.
    ///   - serverName: The host names it answers to, separated by spaces; `_` means any.
    /// - Returns: A whole file with its installation in a comment at the top, which does not depend on what the mirror
    ///   holds.
    /// - Throws: `LayoutError` for a value that the server's configuration cannot express.
    package func render(root: String, listen: String, serverName: String = "_") throws(LayoutError) -> String {
        guard root.hasPrefix("/") else { throw LayoutError(what: "root", value: root, problem: "is not absolute") }
        // A `$` is a variable in nginx, and nothing escapes it.
        guard !root.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F || $0 == UInt8(ascii: "$") }) else {
            throw LayoutError(what: "root", value: root, problem: "holds '$' or a control character")
        }
        let plain = { (byte: UInt8) in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || ".:[]*_- /".utf8.contains(byte)
        }
        for (what, value) in [("listen", listen), ("server name", serverName)] {
            guard !value.utf8.isEmpty, value.utf8.allSatisfy(plain) else {
                throw LayoutError(what: what, value: value, problem: "has characters that do not belong there")
            }
        }
        let folder = root.utf8.count > 1 && root.utf8.last == UInt8(ascii: "/") ? String(root.dropLast()) : root
        let values = [
            "ROOT": quoted((folder == "/" ? "" : folder) + "/web"),
            "ROOT_ARGUMENT": shellQuoted(folder),
            "LISTEN": listen,
            "SERVER_NAME": serverName,
        ]
        return fill(template, values)
    }

    private var template: [UInt8] {
        switch self {
        case .nginx: PackageResources.nginx_conf_in
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

/// Replaces each `@NAME@` of a template; any other text stays, an `@` too.
private func fill(_ template: [UInt8], _ values: [String: String]) -> String {
    // Every second part is between two `@`; the templates have no other ones.
    let parts = String(decoding: template, as: UTF8.self).split(separator: "@", omittingEmptySubsequences: false)
    return parts.enumerated()
        .map { index, part in index.isMultiple(of: 2) ? String(part) : values[String(part)] ?? "@\(part)@" }
        .joined()
}

/// A text in the quotes of nginx.
private func quoted(_ text: String) -> String {
    "\"" + text.flatMap { $0 == "\"" || $0 == "\\" ? "\\\($0)" : "\($0)" } + "\""
}

/// A text as one argument of a shell, in quotes only where it needs them.
private func shellQuoted(_ text: String) -> String {
    let isPlain = text.utf8.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
            || "/._-+".utf8.contains(byte)
    }
    return isPlain
        ? text : "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
}
