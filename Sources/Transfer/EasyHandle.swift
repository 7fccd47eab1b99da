internal import CCurlShim
internal import SystemPackage

/// A libcurl handle that makes one request at a time, and is used again for the next.
///
/// Settings that are the same for all requests are made once; those of a request are all made anew, or compared with
/// what the handle has. Used by the network thread only.
final class EasyHandle {
    /// libcurl refused a setting.
    struct Refusal: Error {
        /// What it says.
        let reason: String
    }

    /// libcurl's handle.
    let raw: UnsafeMutableRawPointer
    private let errorBuffer: UnsafeMutablePointer<CChar>
    private var sentHeaders: UnsafeMutablePointer<curl_slist>?
    private var bufferSize: Int?
    private var waits: Bool?
    private var isHTTP1: Bool?
    private var identity: Identity?

    /// What libcurl calls with bytes; a result other than their number ends or pauses the request.
    typealias Function = @convention(c) (UnsafeMutablePointer<CChar>?, Int, Int, UnsafeMutableRawPointer?) -> Int

    /// What libcurl calls.
    struct Functions {
        /// With bytes of a body.
        let write: Function
        /// With each line of a head.
        let header: Function
    }

    /// What is here of a body already.
    struct Resumption {
        /// How many bytes; 0 for none.
        let offset: UInt64
        /// What the server said of the whole.
        let validator: String?
    }

    /// Who the next request says we are.
    enum Identity: Equatable {
        case nobody
        /// The configured credentials and certificate.
        case configured
        /// Those of the URL; the certificate is the configured one if the flag says so.
        case url(TransferCredentials, withCertificate: Bool)
    }

    /// A handle with everything set that no request changes.
    ///
    /// - Parameters:
    ///   - configuration: The settings.
    ///   - share: What the handles share.
    ///   - functions: What is called with bytes.
    /// - Throws: What libcurl does not take.
    init(
        _ configuration: TransferConfiguration,
        share: UnsafeMutableRawPointer?,
        functions: Functions
    ) throws(Refusal) {
        guard let raw = curl_easy_init() else { throw Refusal(reason: "libcurl has no memory") }
        self.raw = raw
        errorBuffer = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorBuffer.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        try set(CURLOPT_ERRORBUFFER, pointer: UnsafeMutableRawPointer(errorBuffer))
        try set(CURLOPT_NOSIGNAL, 1)
        try set(CURLOPT_PROTOCOLS_STR, configuration.allowsFTP ? "http,https,ftp,ftps" : "http,https")
        try set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https")
        // Redirects are followed by our own rules; see RedirectPolicy.
        try set(CURLOPT_FOLLOWLOCATION, 0)
        try set(CURLOPT_TCP_KEEPALIVE, 1)
        // Files are never decoded, and pages by our own decoder; see BodyDecoder.
        try set(CURLOPT_HTTP_CONTENT_DECODING, 0)
        try set(CURLOPT_SSLVERSION, 6)  // CURL_SSLVERSION_TLSv1_2, as the lowest
        try set(CURLOPT_PROXY_SSLVERSION, 6)
        try set(CURLOPT_CONNECTTIMEOUT_MS, max(1, configuration.connectTimeout.milliseconds))
        try set(CURLOPT_USERAGENT, configuration.userAgent)
        try check(larder_curl_keep_sockets(raw))
        // Cancelling a request does not wait for a name server.
        try set(CURLOPT_QUICK_EXIT, 1)
        if let share { try set(CURLOPT_SHARE, pointer: share) }
        if let caFile = configuration.caFile {
            try set(CURLOPT_CAINFO, caFile.string)
            try set(CURLOPT_PROXY_CAINFO, caFile.string)
            // libcurl has a folder of the system's besides, which would stay trusted.
            try set(CURLOPT_CAPATH, nil)
            try set(CURLOPT_PROXY_CAPATH, nil)
        }
        if configuration.isInsecure {
            try set(CURLOPT_SSL_VERIFYPEER, 0)
            try set(CURLOPT_SSL_VERIFYHOST, 0)
        }
        if let proxy = configuration.proxy { try set(CURLOPT_PROXY, proxy) }
        if let noProxy = configuration.noProxy { try set(CURLOPT_NOPROXY, noProxy) }
        if let netrcFile = configuration.netrcFile { try set(CURLOPT_NETRC_FILE, netrcFile.string) }
        try check(larder_curl_set_function(raw, CURLOPT_WRITEFUNCTION, functions.write))
        try check(larder_curl_set_function(raw, CURLOPT_HEADERFUNCTION, functions.header))
    }

    deinit {
        curl_easy_cleanup(raw)
        curl_slist_free_all(sentHeaders)
        errorBuffer.deallocate()
    }

    /// What libcurl says of the last failure.
    var errorText: String? { errorBuffer[0] == 0 ? nil : String(cString: errorBuffer) }

    /// Makes the settings of a request.
    ///
    /// - Parameters:
    ///   - request: The request.
    ///   - url: Where it goes now.
    ///   - resumption: What is here already.
    ///   - isConditional: Whether the validators of the request are sent.
    ///   - identity: Who we are there.
    ///   - configuration: The settings of the engine.
    ///   - context: What the write function gets.
    /// - Throws: What libcurl does not take.
    func prepare(
        _ request: TransferRequest,
        url: TransferURL,
        from resumption: Resumption,
        isConditional: Bool,
        identity: Identity,
        configuration: TransferConfiguration,
        context: UnsafeMutableRawPointer
    ) throws(Refusal) {
        errorBuffer[0] = 0
        try set(CURLOPT_URL, url.text)
        try set(CURLOPT_WRITEDATA, pointer: context)
        try set(CURLOPT_HEADERDATA, pointer: context)
        try set(CURLOPT_PRIVATE, pointer: context)
        // Whether a connection can be shared is known after the TLS handshake, but without TLS only after the first
        // answer: there, waiting for it would make the first request of a host hold up all others.
        let isLarge = (request.expectation.size ?? 0) >= 1 << 20
        // libcurl keeps up to 32 MiB of each stream that waits for the disk; a connection of its own waits in the kernel.
        let isHTTP1 = configuration.httpVersion == .http1 || isLarge
        if self.isHTTP1 != isHTTP1 {
            try set(CURLOPT_HTTP_VERSION, isHTTP1 ? 2 : 4)  // CURL_HTTP_VERSION_1_1, CURL_HTTP_VERSION_2TLS
            self.isHTTP1 = isHTTP1
        }
        let waits = !isHTTP1 && url.scheme == .https
        if self.waits != waits {
            try set(CURLOPT_PIPEWAIT, waits ? 1 : 0)
            self.waits = waits
        }
        // libcurl reads as much as its buffer holds at once, which pays for large bodies only; it keeps as much again for
        // a request that is paused.
        let large = min(512 << 10, max(64 << 10, (8 << 20) / max(1, configuration.connections)))
        let size = isLarge ? large : 64 << 10
        // A request whose connection others still used leaves its buffer to the handle, and libcurl (before 8.7) then
        // refuses another size. The old one has to do; it goes with the next connection of the handle's own.
        if bufferSize != size, larder_curl_set_long(raw, CURLOPT_BUFFERSIZE, size) == CURLE_OK { bufferSize = size }
        // Without a tunnel, an HTTP proxy answers in the place of the FTP server, with pages of its own.
        try set(CURLOPT_HTTPPROXYTUNNEL, url.scheme.isFTP ? 1 : 0)
        try setIdentity(identity, configuration)
        try check(
            larder_curl_set_offset(
                raw,
                CURLOPT_RESUME_FROM_LARGE,
                url.scheme.isFTP ? Int(clamping: resumption.offset) : 0
            )
        )
        try setHeaders(
            request,
            resumption,
            isConditional,
            withConfigured: identity.isConfigured ? configuration.headers : []
        )
    }

    private func setIdentity(_ identity: Identity, _ configuration: TransferConfiguration) throws(Refusal) {
        guard self.identity != identity else { return }
        self.identity = nil
        let credentials: TransferCredentials? =
            switch identity {
            case .nobody: nil
            case .configured: configuration.credentials
            case .url(let credentials, _): credentials
            }
        switch credentials {
        case nil:
            try setCredentials(larder_curl_auth_basic(), userName: nil, password: nil, token: nil)
        case .basic(let userName, let password):
            try setCredentials(larder_curl_auth_basic(), userName: userName, password: password, token: nil)
        case .bearer(let token):
            try setCredentials(larder_curl_auth_bearer(), userName: nil, password: nil, token: token)
        }
        let isConfigured = identity.isConfigured
        try set(CURLOPT_SSLCERT, isConfigured ? configuration.clientCertificate?.string : nil)
        let key = configuration.clientKey ?? configuration.clientCertificate
        try set(CURLOPT_SSLKEY, isConfigured ? key?.string : nil)
        try set(
            CURLOPT_PINNEDPUBLICKEY,
            isConfigured && !configuration.pins.isEmpty ? configuration.pins.joined(separator: ";") : nil
        )
        // Only the file that is configured is ever read, and only where no other credentials are.
        let usesNetrc = configuration.netrcFile != nil && credentials == nil && isConfigured
        try set(CURLOPT_NETRC, usesNetrc ? 1 : 0)  // CURL_NETRC_OPTIONAL, CURL_NETRC_IGNORED
        self.identity = identity
    }

    private func setCredentials(_ kind: Int, userName: String?, password: String?, token: String?) throws(Refusal) {
        try set(CURLOPT_HTTPAUTH, kind)
        try set(CURLOPT_USERNAME, userName)
        try set(CURLOPT_PASSWORD, password)
        try set(CURLOPT_XOAUTH2_BEARER, token)
    }

    private func setHeaders(
        _ request: TransferRequest,
        _ resumption: Resumption,
        _ isConditional: Bool,
        withConfigured configured: [(name: String, value: String)]
    ) throws(Refusal) {
        var list: UnsafeMutablePointer<curl_slist>?
        func add(_ name: String, _ value: String) {
            // A line break would begin another header; what came from a server or a user must not.
            guard !value.utf8.contains(where: { $0 == 10 || $0 == 13 || $0 == 0 }) else { return }
            if let longer = curl_slist_append(list, "\(name): \(value)") { list = longer }
        }
        if let accept = request.accept { add("Accept", accept) }
        add("Accept-Encoding", request.encoding == .identity ? "identity" : "gzip, deflate")
        if isConditional, let etag = request.validators.etag { add("If-None-Match", etag) }
        if isConditional, let date = request.validators.lastModified { add("If-Modified-Since", date) }
        if resumption.offset > 0 {
            add("Range", "bytes=\(resumption.offset)-")
            if let validator = resumption.validator { add("If-Range", validator) }
        }
        for header in configured { add(header.name, header.value) }
        let old = sentHeaders
        sentHeaders = list
        defer { curl_slist_free_all(old) }
        try set(CURLOPT_HTTPHEADER, pointer: list.map { UnsafeMutableRawPointer($0) })
    }

    private func set(_ option: CURLoption, _ value: Int) throws(Refusal) {
        try check(larder_curl_set_long(raw, option, value))
    }

    private func set(_ option: CURLoption, _ value: String?) throws(Refusal) {
        try check(larder_curl_set_string(raw, option, value))
    }

    private func set(_ option: CURLoption, pointer: UnsafeMutableRawPointer?) throws(Refusal) {
        try check(larder_curl_set_pointer(raw, option, pointer))
    }

    private func check(_ code: CURLcode) throws(Refusal) {
        guard code == CURLE_OK else { throw Refusal(reason: String(cString: curl_easy_strerror(code))) }
    }
}

extension EasyHandle.Identity {
    /// Whether the configured headers and certificate go along.
    var isConfigured: Bool {
        switch self {
        case .nobody: false
        case .configured: true
        case .url(_, let withCertificate): withCertificate
        }
    }
}
