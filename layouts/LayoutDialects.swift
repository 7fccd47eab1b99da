// What the templates are filled with, written as each server reads it.

/// In nginx, quotes and backslashes are escaped; `$` is a variable, and nothing escapes it.
func nginxValues(_ folder: String, _ listen: String, _ serverName: String) throws(LayoutError) -> [String: String] {
    try refuse("$", in: folder)
    let isPlain = { (byte: UInt8) in isAlphanumeric(byte) || ".:[]*_- /".utf8.contains(byte) }
    for (what, value) in [("listen", listen), ("server name", serverName)] {
        guard !value.utf8.isEmpty, value.utf8.allSatisfy(isPlain) else {
            throw LayoutError(what: what, value: value, problem: "has characters that do not belong there")
        }
    }
    let path = (folder + "/web").flatMap { $0 == "\"" || $0 == "\\" ? "\\\($0)" : "\($0)" }
    return ["ROOT": "\"\(String(path))\"", "LISTEN": listen, "SERVER_NAME": serverName]
}

/// In Apache httpd, `${…}` is a variable, and a path of `<Directory>` is a pattern.
func apacheValues(_ folder: String, _ listener: Listener, _ names: [String]) throws(LayoutError) -> [String: String] {
    try refuse("$\\*?[]", in: folder)
    let path = (folder + "/web").split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\\\"")
    let place = "\(listener.address ?? "*"):\(listener.port)"
    // Only a name without a wildcard can be the first one.
    let first = names.firstIndex { !$0.hasPrefix("*") }
    let lines = names.enumerated().map { "\n    \($0 == first ? "ServerName" : "ServerAlias") \($1)" }
    return [
        "ROOT": "\"\(path)\"", "ADDRESS": place, "SERVER_NAMES": lines.joined(),
        "LISTEN": listener.port == 80
            ? "# On port 80 it listens already, as its ports.conf says."
            : "Listen \(listener.address.map { "\($0):" } ?? "")\(listener.port)",
    ]
}

/// In Caddy, `{…}` is a placeholder, a backslash escapes a quote alone and not itself, and files are looked for by pattern.
func caddyValues(_ folder: String, _ listener: Listener, _ names: [String]) throws(LayoutError) -> [String: String] {
    try refuse("\\{}*?[]", in: folder)
    let path = (folder + "/web").split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\\\"")
    let sites = (names.isEmpty ? [""] : names).map { "http://\($0):\(listener.port)" }
    return [
        "ROOT": "\"\(path)\"", "SITES": sites.joined(separator: ", "),
        "BIND": listener.address.map { "\n\tbind \($0.filter { !"[]".contains($0) })" } ?? "",
    ]
}

/// In lighttpd, nothing stands for a quote within quotes but a backslash, which means something else elsewhere.
func lighttpdValues(_ folder: String, _ listener: Listener, _ names: [String]) throws(LayoutError) -> [String: String] {
    try refuse("\"\\", in: folder)
    let patterns = names.map { name in
        name.replacing(".", with: "\\.").replacing("*\\.", with: "[^:]+\\.")
    }
    // Port 80 is the one that lighttpd opens by itself.
    let socket =
        listener.address == nil && listener.port == 80
        ? "=~ \":80$\"" : "== \"\(listener.address ?? "0.0.0.0"):\(listener.port)\""
    return [
        "ROOT": "\"\(folder)/web\"", "SOCKET": "$SERVER[\"socket\"] \(socket)",
        "HOST": "$HTTP[\"host\"] =~ \""
            + (patterns.isEmpty ? "" : "(?i)^(?:\(patterns.joined(separator: "|")))(?::[0-9]+)?$") + "\"",
    ]
}
