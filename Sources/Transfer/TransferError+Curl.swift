internal import CCurlShim
internal import FileIO

extension TransferError.Code {
    /// What a failure that libcurl reports means.
    ///
    /// - Parameters:
    ///   - code: libcurl's code (libcurl-errors(3)).
    ///   - isConnected: Whether the request was sent.
    ///   - expected: The bytes that were to come, if that is known.
    ///   - received: The bytes that came.
    init(_ code: CURLcode, isConnected: Bool, expected: UInt64?, received: UInt64) {
        if !isConnected, let shortage = FileError.descriptorShortage(during: "socket") {
            self = .local(shortage)
            return
        }
        self =
            switch code {
            case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .unresolvable
            case CURLE_COULDNT_CONNECT, CURLE_PROXY: .unreachable
            case CURLE_OPERATION_TIMEDOUT: isConnected ? .timeout(.firstByte) : .timeout(.connect)
            case CURLE_PARTIAL_FILE: .shortBody(expected: expected, received: received)
            case CURLE_SSL_CONNECT_ERROR: .tlsHandshake
            case CURLE_SSL_PINNEDPUBKEYNOTMATCH: .wrongPin
            case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER, CURLE_SSL_CACERT_BADFILE,
                CURLE_SSL_CRL_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_ENGINE_NOTFOUND, CURLE_SSL_ENGINE_SETFAILED,
                CURLE_SSL_ENGINE_INITFAILED, CURLE_SSL_INVALIDCERTSTATUS,
                CURLE_SSL_CLIENTCERT, CURLE_USE_SSL_FAILED:
                .tls
            case CURLE_REMOTE_FILE_NOT_FOUND: .fileNotFound
            case CURLE_LOGIN_DENIED: .status(401, retryAfter: nil)
            // FTP cannot tell a folder that is not there from one that we may not see.
            case CURLE_REMOTE_ACCESS_DENIED: .fileNotFound
            case CURLE_FTP_COULDNT_USE_REST, CURLE_BAD_DOWNLOAD_RESUME: .wrongRange("it cannot go on with a part")
            case CURLE_GOT_NOTHING, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_SSL_SHUTDOWN_FAILED: .connectionLost
            case CURLE_URL_MALFORMAT: .invalidURL
            // Settings are refused before a request is sent. Later this is what libcurl says of fields behind a body
            // that it cannot read.
            case CURLE_BAD_FUNCTION_ARGUMENT where isConnected: .protocolError
            case CURLE_OUT_OF_MEMORY, CURLE_FAILED_INIT, CURLE_BAD_FUNCTION_ARGUMENT, CURLE_UNKNOWN_OPTION,
                CURLE_NOT_BUILT_IN, CURLE_INTERFACE_FAILED, CURLE_READ_ERROR:
                .configuration
            default: .protocolError
            }
    }
}
