/// Which redirects are followed.
///
/// The rules are ours and not libcurl's, since libcurl sends headers that a user configured to wherever it is led.
struct RedirectPolicy: Sendable {
    /// How many redirects one request may follow.
    let maximumCount: Int

    /// The URL that a redirect leads to.
    ///
    /// HTTP may lead to HTTPS, never the other way, and nothing leads to a file. User info in the target is dropped.
    ///
    /// - Parameters:
    ///   - target: The target, made absolute.
    ///   - source: The URL that answered.
    ///   - count: How many redirects were followed before.
    /// - Returns: The URL to go on with.
    /// - Throws: Why the redirect is not followed.
    func follow(_ target: String, from source: TransferURL, after count: Int) throws(TransferError.Code) -> TransferURL
    {
        let url: TransferURL
        do throws(TransferError.Code) {
            url = try TransferURL(target)
        } catch {
            throw .redirectRefused(to: printable(removingUserInfo(target)), .target)
        }
        guard url.scheme == .https || (url.scheme == .http && source.scheme == .http) else {
            throw .redirectRefused(to: withoutQuery(url.text), .scheme)
        }
        guard count < maximumCount else { throw .redirectRefused(to: withoutQuery(url.text), .count) }
        return url
    }
}
