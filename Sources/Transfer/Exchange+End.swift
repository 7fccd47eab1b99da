internal import CCurlShim

/// How an exchange ends.
extension Exchange {
    /// Looks whether the exchange is getting somewhere.
    func check(now: Watchdog.Instant) -> TransferError.Code? {
        // libcurl still tells of the request before, which led here.
        guard !hasFollowed else {
            hasFollowed = false
            return nil
        }
        return watchdog.check(
            now: now,
            isSent: easy.offset(CURLINFO_PRETRANSFER_TIME_T) > 0,
            hasAnswered: received > 0 || easy.offset(CURLINFO_STARTTRANSFER_TIME_T) > 0,
            isPaused: isPaused,
            received: received
        )
    }

    /// Ends the exchange for a reason of ours.
    func giveUp(_ failure: TransferError.Code) -> AttemptOutcome {
        var outcome = AttemptOutcome(failure: failure)
        describePart(&outcome)
        return outcome
    }

    /// Judges how the exchange ended.
    ///
    /// - Parameters:
    ///   - code: What libcurl says of it.
    ///   - policy: Which redirects are followed.
    /// - Returns: How it goes on.
    func conclude(_ code: CURLcode, _ policy: RedirectPolicy) -> Conclusion {
        let status = status
        if let failure { return .end(giveUp(failure)) }
        if url.scheme.isHTTP {
            if status == 407 { return .end(giveUp(.proxyRefused(407))) }
            if status >= 400 { return .end(giveUp(.status(status, retryAfter: retryAfter))) }
            if (300..<400).contains(status), status != 304, let target = redirectTarget {
                do throws(TransferError.Code) {
                    return .redirect(try policy.follow(target, from: url, after: redirects))
                } catch {
                    return .end(giveUp(error))
                }
            }
        }
        // libcurl takes a head that broke off for a complete one.
        if code == CURLE_OK, url.scheme.isHTTP, !isHeadComplete { return .end(giveUp(.connectionLost)) }
        guard code == CURLE_OK else {
            var outcome = giveUp(failureCode(code))
            outcome.detail = easy.errorText.map(withoutSecrets)
            outcome.isOfOldConnection = isOfOldConnection
            return .end(outcome)
        }
        guard !url.scheme.isFTP || easy.number(CURLINFO_RESPONSE_CODE) < 400 else {
            return .end(giveUp(.protocolError))
        }
        let isPart = status == 206 && offset > 0
        guard status == 200 || isPart || (status == 304 && isConditional) else {
            return .end(giveUp(.status(status, retryAfter: nil)))
        }
        var outcome = AttemptOutcome()
        describePart(&outcome)
        describe(&outcome.answer)
        return .end(outcome)
    }

    /// Where a redirect leads; libcurl says it only when it took the whole of its body, which nobody needs.
    private var redirectTarget: String? {
        if let target = easy.text(CURLINFO_REDIRECT_URL) { return target }
        guard let location = easy.headers["Location"].first, !location.isEmpty else { return nil }
        return url.resolving(location)
    }

    /// Whether a connection that had served other requests ended before the answer began.
    ///
    /// Servers end connections when they like (RFC 9112, section 9.3.1; GOAWAY in RFC 9113, section 6.8), and requests
    /// that were on their way then say nothing of the server.
    private var isOfOldConnection: Bool {
        status == 0 && headBytes == 0 && easy.number(CURLINFO_NUM_CONNECTS) == 0
            && easy.offset(CURLINFO_PRETRANSFER_TIME_T) > 0
    }

    private func failureCode(_ code: CURLcode) -> TransferError.Code {
        let refusal = easy.number(CURLINFO_HTTP_CONNECTCODE)
        if refusal >= 400 { return .proxyRefused(refusal) }
        // This is how libcurl says that a line is longer than it keeps.
        if code == CURLE_OUT_OF_MEMORY, !isHeadComplete { return .headTooLong(limit: 100 << 10) }
        if code == CURLE_PROXY, easy.isRefusedByProxy { return .proxyRefused(0) }
        return TransferError.Code(
            code,
            isConnected: easy.offset(CURLINFO_PRETRANSFER_TIME_T) > 0,
            expected: (buffer.declared ?? declaredLength).map { $0 + offset } ?? transfer.request.expectation.size,
            received: offset + received
        )
    }

    /// Says what is here of the body, and how the rest can be asked for.
    private func describePart(_ outcome: inout AttemptOutcome) {
        outcome.answer.status = status
        outcome.offset = offset
        outcome.answer.resumedBytes = phase == .body ? offset : 0
        guard phase == .body, url.scheme.isHTTP, case .resumable = transfer.request.destination else { return }
        let headers = easy.headers
        outcome.validator = PartialFile.validator(
            etag: headers["ETag"].first,
            lastModified: headers["Last-Modified"].first
        )
    }

    private func describe(_ answer: inout Answer) {
        answer.status = status == 206 ? 200 : status
        answer.finalURL = url.text
        answer.headers = easy.headers
        answer.timings = easy.timings
        answer.contentType = easy.text(CURLINFO_CONTENT_TYPE)
        answer.etag = answer.headers["ETag"].first
        answer.lastModified = answer.headers["Last-Modified"].first
        answer.serial = answer.headers["X-PyPI-Last-Serial"].first.flatMap { UInt64($0) }
        let isHTTP1 = easy.number(CURLINFO_HTTP_VERSION) < 3  // CURL_HTTP_VERSION_2_0
        if isHTTP1, easy.offset(CURLINFO_CONTENT_LENGTH_DOWNLOAD_T) < 0 {
            answer.isDelimited = !answer.headers["Transfer-Encoding"].isEmpty
        }
    }

    /// What `Retry-After` says, in seconds or as a date.
    private var retryAfter: Duration? {
        let seconds = easy.offset(CURLINFO_RETRY_AFTER)
        return seconds > 0 ? .seconds(seconds) : nil
    }
}
