internal import FoundationEssentials

/// The keys of `[upstream]` that hold lists: mirrors, pins, and hosts without proxy.
extension TableReader {
    /// Where files are asked for, in order, with the upstream's own URL in its place.
    mutating func fileSources(allowsFTP: Bool) -> [Configuration.Upstream.FileSource] {
        let key = "file-mirrors"
        var sources: [Configuration.Upstream.FileSource] = []
        for text in strings(key, of: "URLs in quotes, and \"upstream\"") ?? [] {
            let source: Configuration.Upstream.FileSource
            if text == "upstream" {
                source = .upstream
            } else {
                guard let url = mirrorURL(text, key, allowsFTP: allowsFTP) else { continue }
                source = .mirror(url)
            }
            if sources.contains(source) {
                note("'\(key)' holds \(quoted(text)) twice; keep one", key, element: text)
            } else {
                sources.append(source)
            }
        }
        return sources.contains(.upstream) ? sources : sources + [.upstream]
    }

    /// The simple indexes to ask when the upstream's own fails.
    mutating func indexMirrors(of upstream: IndexURL, allowsFTP: Bool) -> [IndexURL] {
        let key = "index-mirrors"
        var mirrors: [IndexURL] = []
        for text in strings(key, of: "URLs in quotes") ?? [] {
            guard let url = mirrorURL(text, key, allowsFTP: allowsFTP) else { continue }
            if url == upstream {
                note("'\(key)' holds 'url' itself, which is always asked first; remove it", key, element: text)
            } else if mirrors.contains(url) {
                note("'\(key)' holds \(quoted(text)) twice; keep one", key, element: text)
            } else {
                mirrors.append(url)
            }
        }
        return mirrors
    }

    /// The public keys that the upstream may have (CURLOPT_PINNEDPUBLICKEY(3)).
    mutating func pins(for upstream: IndexURL) -> [String] {
        let key = "pins"
        let prefix = "sha256//"
        let texts = strings(key, of: "pins in quotes, as \"sha256//BASE64\"") ?? []
        for text in texts {
            let digest = text.hasPrefix(prefix) ? text.dropFirst(prefix.count) : ""
            guard digest.utf8.count == 44, Data(base64Encoded: String(digest))?.count == 32 else {
                note(
                    "'\(key)': \(quoted(text)) is no pin; write sha256// and 44 characters of base64",
                    key,
                    element: text
                )
                return []
            }
        }
        // "file:///" stands in for a 'url' that is wrong itself.
        let usesTLS = upstream.scheme == .https || upstream.scheme == .ftps
        if !texts.isEmpty, !usesTLS, upstream.text != "file:///" {
            note("'\(key)' are public keys of TLS, which 'url' does not use; write an https URL there", key)
        }
        return texts
    }

    /// The hosts that are reached without proxy, as libcurl tells them apart (CURLOPT_NOPROXY(3)).
    mutating func noProxy() -> [String]? {
        let key = "no-proxy"
        guard let texts = strings(key, of: "hosts in quotes, or [\"*\"] for all") else { return nil }
        if texts.contains("*"), texts.count > 1 {
            note("'\(key)' holds \"*\", which is all; remove the other hosts", key)
        }
        for text in texts where text != "*" {
            if text.contains("*") {
                note("'\(key)': \(quoted(text)) is a pattern; write .company.example for a domain", key, element: text)
            } else if text.contains("://") || text.utf8.count(where: { $0 == UInt8(ascii: ":") }) == 1 {
                note("'\(key)': \(quoted(text)) has a scheme or port; write the host alone", key, element: text)
            } else if text.isEmpty || !text.utf8.allSatisfy(Self.isHostByte) {
                let what = "a host, a domain as .company.example, or an address as 192.0.2.0/24 or 2001:db8::1"
                note("'\(key)': \(quoted(text)) is not \(what)", key, element: text)
            }
        }
        return texts
    }

    private mutating func mirrorURL(_ text: String, _ key: String, allowsFTP: Bool) -> IndexURL? {
        do {
            let (url, credentials) = try IndexURL.separatingCredentials(from: text, allowsFTP: allowsFTP)
            if credentials == nil { return url }
            note("'\(key)': \(quoted(text)) holds a user name or password, which mirrors never get", key)
        } catch {
            note("'\(key)': \(error)", key, element: text)
        }
        return nil
    }

    private static func isHostByte(_ byte: UInt8) -> Bool {
        byte.isLetterOrDigit || ".-_:/".utf8.contains(byte)
    }
}
