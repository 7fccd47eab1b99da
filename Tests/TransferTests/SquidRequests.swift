import TestSupport
import Testing

extension SquidServer {
    /// The requests, as soon as squid has written down so many of them, which it does when they are over.
    ///
    /// A tunnel is over when the engine has shut down.
    func requests(_ count: Int, _ location: SourceLocation = #_sourceLocation) async throws -> [Request] {
        try await eventually(location) { try requests.count >= count }
        return try requests
    }
}
