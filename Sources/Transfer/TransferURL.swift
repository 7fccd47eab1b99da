internal import CCurlShim

/// A URL as libcurl understands it, taken apart once.
package struct TransferURL: Sendable, Equatable {
    /// The URL without user info and fragment, which is what is sent and printed.
    package let text: String
    /// The scheme.
    let scheme: TransferScheme
    /// The scheme, host and port: what credentials and connections belong to; the scheme alone beside the network.
    package let origin: String
    /// The user info.
    let credentials: TransferCredentials?

    /// Takes a URL apart.
    ///
    /// Spaces and bytes outside ASCII are percent-encoded; whatever is percent-encoded already stays as it is.
    package init(_ text: String) throws(TransferError.Code) {
        guard let url = curl_url() else { throw .configuration }
        defer { curl_url_cleanup(url) }
        let flags = UInt32(CURLU_NON_SUPPORT_SCHEME | CURLU_ALLOW_SPACE | CURLU_URLENCODE)
        guard curl_url_set(url, CURLUPART_URL, text, flags) == CURLUE_OK,
            let name = Self.part(CURLUPART_SCHEME, of: url)
        else { throw .invalidURL }
        let scheme = TransferScheme(name)
        if let user = Self.part(CURLUPART_USER, of: url, flags: UInt32(CURLU_URLDECODE)) {
            let password = Self.part(CURLUPART_PASSWORD, of: url, flags: UInt32(CURLU_URLDECODE))
            credentials = .basic(userName: user, password: password ?? "")
            curl_url_set(url, CURLUPART_USER, nil, 0)
            curl_url_set(url, CURLUPART_PASSWORD, nil, 0)
        } else {
            credentials = nil
        }
        curl_url_set(url, CURLUPART_FRAGMENT, nil, 0)
        guard let clean = Self.part(CURLUPART_URL, of: url) else { throw .invalidURL }
        self.text = clean
        self.scheme = scheme
        if !scheme.isOfNetwork {
            origin = name
        } else {
            guard let host = Self.part(CURLUPART_HOST, of: url), !host.isEmpty,
                let port = Self.part(CURLUPART_PORT, of: url, flags: UInt32(CURLU_DEFAULT_PORT))
            else { throw .invalidURL }
            origin = "\(name)://\(host.lowercased()):\(port)"
        }
    }

    /// The absolute URL of a reference that stands at this URL; `nil` when it cannot be one.
    func resolving(_ reference: String) -> String? {
        guard let url = curl_url() else { return nil }
        defer { curl_url_cleanup(url) }
        let flags = UInt32(CURLU_NON_SUPPORT_SCHEME | CURLU_ALLOW_SPACE | CURLU_URLENCODE)
        guard curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK,
            curl_url_set(url, CURLUPART_URL, reference, flags) == CURLUE_OK
        else { return nil }
        return Self.part(CURLUPART_URL, of: url)
    }

    /// The decoded path of a `file://` URL, dot segments removed; `nil` when it cannot be a path.
    var filePath: String? {
        guard let url = curl_url() else { return nil }
        defer { curl_url_cleanup(url) }
        guard curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK else { return nil }
        // Decoding refuses control bytes, NUL among them.
        return Self.part(CURLUPART_PATH, of: url, flags: UInt32(CURLU_URLDECODE))
    }

    private static func part(_ part: CURLUPart, of url: OpaquePointer, flags: UInt32 = 0) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        guard curl_url_get(url, part, &text, flags) == CURLUE_OK, let text else { return nil }
        defer { curl_free(text) }
        return String(cString: text)
    }
}
