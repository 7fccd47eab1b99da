/// How long the parts of one attempt took, each from its start; zero for what did not happen or is not known.
///
/// See curl_easy_getinfo(3), TIMES. A `file://` URL has a total only.
package struct TransferTimings: Sendable, Equatable {
    /// Until the host's address was known.
    package var nameLookup = Duration.zero
    /// Until the connection to the host, or to the proxy, was there; zero when one was used again.
    package var connect = Duration.zero
    /// Until the TLS handshake was done; zero when there was none.
    package var tlsHandshake = Duration.zero
    /// Until the first byte of the answer.
    package var firstByte = Duration.zero
    /// Until everything had come.
    package var total = Duration.zero

    /// No times.
    package init() {}
}
