internal import CCurlShim
internal import FileIO
internal import Synchronization
internal import SystemPackage

/// libcurl's set of handles that work side by side, with their connections, names and TLS sessions.
///
/// Everything but ``wake`` belongs to the network thread.
final class MultiHandle {
    private let raw: UnsafeMutableRawPointer
    /// What the handles share: TLS sessions, which without it each handle would keep for itself.
    let share: UnsafeMutableRawPointer?

    // curl_global_init(3) is called once, before any other function of libcurl, by whoever comes first.
    private static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    /// An empty set with the limits of a configuration.
    ///
    /// - Throws: ``FileError`` when libcurl has no memory, or no descriptors to be woken through.
    init(_ configuration: TransferConfiguration) throws(FileError) {
        guard Self.isReady, let raw = curl_multi_init() else {
            throw FileError(operation: "curl_multi_init", path: "libcurl", errno: .noMemory)
        }
        // libcurl makes a set that cannot be woken when it has no descriptors, and would wait for ever.
        guard curl_multi_wakeup(raw) == CURLM_OK else {
            curl_multi_cleanup(raw)
            throw FileError(operation: "curl_multi_wakeup", path: "libcurl", errno: .tooManyOpenFiles)
        }
        self.raw = raw
        share = curl_share_init()
        if let share { _ = larder_curl_share(share, CURL_LOCK_DATA_SSL_SESSION) }
        let connections = max(1, configuration.connections)
        let perHost = max(1, configuration.connectionsPerHost ?? connections)
        // None of these can fail: the options exist since libcurl 7.30.
        _ = larder_curl_multi_set_long(raw, CURLMOPT_MAX_TOTAL_CONNECTIONS, connections)
        _ = larder_curl_multi_set_long(raw, CURLMOPT_MAX_HOST_CONNECTIONS, min(perHost, connections))
        _ = larder_curl_multi_set_long(raw, CURLMOPT_MAXCONNECTS, connections)
    }

    deinit {
        curl_multi_cleanup(raw)
        if let share { curl_share_cleanup(share) }
    }

    /// A function that ends ``wait(milliseconds:)`` from any thread, as long as the set lives.
    var wake: @Sendable () -> Void {
        // curl_multi_wakeup(3) may be called from any thread.
        nonisolated(unsafe) let raw = raw
        return { _ = curl_multi_wakeup(raw) }
    }

    /// Starts the request of a handle.
    func add(_ easy: EasyHandle) -> Bool { curl_multi_add_handle(raw, easy.raw) == CURLM_OK }

    /// Ends the request of a handle, whatever its state.
    func remove(_ easy: EasyHandle) { _ = curl_multi_remove_handle(raw, easy.raw) }

    /// Does what can be done without waiting.
    func perform() {
        var running: Int32 = 0
        _ = curl_multi_perform(raw, &running)
    }

    /// The next handle whose request ended: what it was prepared with, and how it ended.
    func nextEnd() -> (context: UnsafeMutableRawPointer, code: CURLcode)? {
        var left: Int32 = 0
        while let message = curl_multi_info_read(raw, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else { continue }
            var context: UnsafeMutableRawPointer?
            let code = message.pointee.data.result
            guard larder_curl_get_pointer(easy, CURLINFO_PRIVATE, &context) == CURLE_OK, let context else { continue }
            return (context, code)
        }
        return nil
    }

    /// Waits until a socket is ready, a timer of libcurl is due, somebody wakes it or the time is over.
    func wait(milliseconds: Int) {
        _ = curl_multi_poll(raw, nil, 0, Int32(clamping: milliseconds), nil)
    }
}
