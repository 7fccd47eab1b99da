internal import CCurlShim

/// What libcurl knows of the current request.
extension EasyHandle {
    /// A number that libcurl knows of the current request; 0 when it does not know it.
    func number(_ info: CURLINFO) -> Int {
        var value = 0
        return larder_curl_get_long(raw, info, &value) == CURLE_OK ? value : 0
    }

    /// A large number that libcurl knows of the current request; -1 when it does not know it.
    func offset(_ info: CURLINFO) -> Int64 {
        var value: curl_off_t = -1
        return larder_curl_get_offset(raw, info, &value) == CURLE_OK ? Int64(value) : -1
    }

    /// Whether a proxy was reached and does not want us.
    var isRefusedByProxy: Bool {
        let refusals = [
            CURLPX_BAD_ADDRESS_TYPE, CURLPX_NO_AUTH, CURLPX_REPLY_NOT_ALLOWED, CURLPX_USER_REJECTED,
            CURLPX_REQUEST_FAILED, CURLPX_RECV_AUTH, CURLPX_UNKNOWN_FAIL,
        ]
        let code = number(CURLINFO_PROXY_ERROR)
        return refusals.contains { Int($0.rawValue) == code }
    }

    /// A text that libcurl knows of the current request.
    func text(_ info: CURLINFO) -> String? {
        var value: UnsafePointer<CChar>?
        guard larder_curl_get_string(raw, info, &value) == CURLE_OK, let value else { return nil }
        return String(cString: value)
    }

    /// All header fields of the last answer.
    var headers: TransferHeaders {
        var fields: [TransferHeaders.Field] = []
        var last: UnsafeMutablePointer<curl_header>?
        while let header = larder_curl_next_header(raw, last) {
            fields.append(
                .init(name: String(cString: header.pointee.name), value: trimmed(header.pointee.value))
            )
            last = header
        }
        return TransferHeaders(fields)
    }

    /// A value without the white space around it, which libcurl leaves on an empty one.
    private func trimmed(_ value: UnsafePointer<CChar>) -> String {
        let text = String(cString: value)
        func isSpace(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }
        guard let first = text.utf8.first, let last = text.utf8.last, isSpace(first) || isSpace(last) else {
            return text
        }
        let rest = text.utf8.drop(while: isSpace)
        return String(decoding: rest.prefix(rest.count - rest.reversed().prefix(while: isSpace).count), as: UTF8.self)
    }

    /// The times of the current request.
    var timings: TransferTimings {
        func time(_ info: CURLINFO) -> Duration { .microseconds(max(0, offset(info))) }
        var timings = TransferTimings()
        timings.nameLookup = time(CURLINFO_NAMELOOKUP_TIME_T)
        timings.connect = time(CURLINFO_CONNECT_TIME_T)
        timings.tlsHandshake = time(CURLINFO_APPCONNECT_TIME_T)
        timings.firstByte = time(CURLINFO_STARTTRANSFER_TIME_T)
        timings.total = time(CURLINFO_TOTAL_TIME_T)
        return timings
    }
}
