package import Digest
package import FileIO

/// A transfer that failed, after all repetitions that made sense.
package struct TransferError: Error, Equatable, Sendable {
    /// The parts of a request that have a time limit.
    package enum Phase: Sendable {
        /// Resolving, connecting and the TLS handshake.
        case connect
        /// From the request to the first byte of the answer.
        case firstByte
    }

    /// Why a redirect was not followed.
    package enum RedirectRefusal: Sendable {
        /// It leads from HTTPS to plain HTTP, or to something that is neither.
        case scheme
        /// It is one more than may be followed.
        case count
        /// It leads to no URL.
        case target
    }

    /// What went wrong.
    package enum Code: Error, Equatable {
        /// The task was cancelled, or the engine shut down.
        case cancelled
        /// The text is no absolute URL.
        case invalidURL
        /// The URL's scheme is not one that the engine speaks.
        case unsupportedScheme(String)
        /// A setting that libcurl refuses, as it says.
        case configuration
        /// The host has no address, as far as the resolver knows.
        case unresolvable
        /// Nobody accepts connections there.
        case unreachable
        /// The server has another public key than those that are pinned.
        case wrongPin
        /// TLS failed: the certificate, the name in it, the version or our own certificate.
        case tls
        /// The TLS handshake broke off.
        case tlsHandshake
        /// A part of the request took too long.
        case timeout(Phase)
        /// The body came too slowly for too long.
        case stalled
        /// The connection broke.
        case connectionLost
        /// The server broke the rules of HTTP.
        case protocolError
        /// The server answered with a status that is no success, asking to wait before the next request.
        case status(Int, retryAfter: Duration?)
        /// A redirect that may not be followed, to a URL without user info.
        case redirectRefused(to: String, RedirectRefusal)
        /// The body is longer than is allowed or expected, or was declared to be.
        case tooLong(limit: UInt64, declared: UInt64?)
        /// The body ended early.
        case shortBody(expected: UInt64?, received: UInt64)
        /// The server sends a complete body of another size.
        case wrongSize(expected: UInt64, found: UInt64)
        /// The body is not the one that was expected.
        case wrongDigest(DigestAlgorithm, expected: [UInt8], found: [UInt8])
        /// The decoded body is out of all proportion to what came over the network.
        case decompressionBomb(ratio: UInt64)
        /// The head of the answer is longer than is allowed.
        case headTooLong(limit: Int)
        /// The server sends another part of the file than the one that was asked for, as its `Content-Range` says.
        case wrongRange(String)
        /// The proxy does not take the request, with this status; 0 when it has none.
        case proxyRefused(Int)
        /// The host was given up after repeated failures of the kind that the code tells; it was not asked again.
        indirect case hostDown(TransferError.Code)
        /// The host refused everything so far with this status, 401 or 403; it was not asked again.
        case credentialsRefused(Int)
        /// An HTML page, likely one that tells of an error, came in place of a file.
        case htmlInsteadOfFile
        /// The `file://` or `ftp://` URL names nothing.
        case fileNotFound
        /// The `file://` URL names something that is not a regular file.
        case notAFile
        /// The `file://` URL lies outside the directories that are allowed, itself or where its links lead.
        case outsideFileRoots
        /// The page is an empty file.
        case emptyPage
        /// The upstream's file could not be read.
        case unreadable(FileError)
        /// The file that was to be written could not be.
        case local(FileError)
        /// A digest could not be computed.
        case digest(DigestError)
    }

    /// What went wrong in the last attempt.
    package let code: Code
    /// The URL that was asked for, without user info and query; a query can hold a signature that is as good as a
    /// password.
    package let url: String
    /// How many times the request was made.
    package let attempts: Int
    /// What libcurl says, when it says more than the code; one line, without user info.
    package let detail: String?
    /// Why other URLs of the same request were given up, in order.
    package let fallbacks: [TransferError]

    /// An error.
    init(_ code: Code, url: String, attempts: Int, detail: String? = nil, fallbacks: [TransferError] = []) {
        self.code = code
        self.url = withoutQuery(url)
        self.attempts = attempts
        self.detail = detail
        self.fallbacks = fallbacks
    }

    /// Whether the same request may end well some time later.
    package var isWorthRetrying: Bool {
        if case .hostDown = code { return true }
        return code.retry != .never
    }

    /// Whether the disk of this machine is the cause.
    package var isLocal: Bool {
        guard case .local = code else { return false }
        return true
    }
}

extension TransferError.Code {
    /// How often a failure is worth another attempt.
    enum Retry {
        case never
        /// Once, since a second answer of the same kind is no accident.
        case once
        /// As often as is configured.
        case always
    }

    /// How often this failure is worth another attempt.
    var retry: Retry {
        switch self {
        case .unresolvable, .unreachable, .tlsHandshake, .timeout, .stalled, .connectionLost, .protocolError,
            .shortBody, .wrongRange:
            .always
        case .proxyRefused(let status):
            status >= 500 ? .always : .never
        case .status(let status, _):
            status == 408 || status == 425 || status == 429 || (500...599).contains(status) ? .always : .never
        case .wrongSize, .wrongDigest, .htmlInsteadOfFile:
            .once
        case .cancelled, .invalidURL, .unsupportedScheme, .configuration, .tls, .wrongPin, .redirectRefused, .tooLong,
            .decompressionBomb, .headTooLong, .credentialsRefused, .hostDown, .fileNotFound, .notAFile,
            .outsideFileRoots, .emptyPage, .unreadable, .local, .digest:
            .never
        }
    }
}

extension TransferError: CustomStringConvertible {
    package var description: String {
        var text = "\(url): \(code.text)"
        if let detail, !detail.isEmpty { text += " (\(detail))" }
        if attempts > 1 { text += ", after \(attempts) attempts" }
        return text
    }
}

extension TransferError.Code {
    /// The failure in words.
    var text: String {
        switch self {
        case .cancelled: "cancelled"
        case .invalidURL: "not an absolute URL"
        case .unsupportedScheme(let scheme):
            "the scheme '\(scheme)' is not supported; use https, http or file, or set `ftp`"
        case .configuration: "a setting of the upstream cannot be used"
        case .unresolvable: "the host name cannot be resolved"
        case .unreachable: "cannot connect"
        case .tls: "TLS failed; check the certificates and `ca-file`"
        case .wrongPin: "the server's public key is not one of `pins`"
        case .tlsHandshake: "the TLS handshake broke off"
        case .timeout(.connect): "no connection within the connect timeout"
        case .timeout(.firstByte): "no answer within the first-byte timeout"
        case .stalled: "the body came too slowly and was given up"
        case .connectionLost: "the connection broke"
        case .protocolError: "the server broke the rules of its protocol"
        case .status(let status, let delay):
            "the server answered \(status)" + (delay.map { ", retry after \($0.components.seconds) s" } ?? "")
        case .redirectRefused(let target, .scheme): "refused the redirect to \(target): another kind of scheme"
        case .redirectRefused(let target, .count): "refused the redirect to \(target): too many"
        case .redirectRefused(let target, .target): "refused the redirect to \(target): not a URL"
        case .tooLong(let limit, nil): "more than \(limit) bytes came"
        case .tooLong(let limit, let declared?): "\(declared) bytes were announced, \(limit) are allowed"
        case .shortBody(let expected?, let received): "ended after \(received) of \(expected) bytes"
        case .shortBody(nil, let received): "ended early, after \(received) bytes"
        case .wrongSize(let expected, let found): "expected \(expected) bytes, the server sends \(found)"
        case .wrongDigest(let algorithm, let expected, let found):
            "expected \(algorithm.rawValue) \(expected.hex), found \(found.hex)"
        case .decompressionBomb(let ratio):
            "the body became \(ratio) times as long when it was decoded, and was given up"
        case .headTooLong(let limit): "the head of the answer is longer than \(limit) bytes"
        case .wrongRange(let range): "the rest of the file does not fit the part that was here: \(range)"
        case .proxyRefused(407): "the proxy answered 407; check its credentials"
        case .proxyRefused(0): "the proxy refused the request; check its credentials"
        case .proxyRefused(let status): "the proxy answered \(status)"
        case .hostDown(let code): "the host was given up for now: \(code.text)"
        case .credentialsRefused(let status):
            "the server answers \(status) to everything; if it wants credentials, check those of the upstream"
        case .htmlInsteadOfFile: "an HTML page came in place of the file"
        case .fileNotFound: "no such file"
        case .notAFile: "not a regular file"
        case .outsideFileRoots: "outside the directories of `file-roots`"
        case .emptyPage: "the page is an empty file"
        case .unreadable(let error): "cannot be read: \(error)"
        case .local(let error): "cannot be stored: \(error)"
        case .digest(let error): "\(error)"
        }
    }
}
