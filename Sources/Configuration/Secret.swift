/// A text that is never printed: neither by `print` nor by `dump`, alone or inside another value.
package struct Secret: Hashable, Sendable {
    /// The text itself; hand it only to what needs it.
    package let value: String

    /// Wraps a text.
    package init(_ value: String) {
        self.value = value
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "(hidden)" }
    package var debugDescription: String { "(hidden)" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// How requests to the upstream are signed in.
package enum Credentials: Hashable, Sendable {
    /// HTTP Basic (RFC 7617).
    case basic(username: String, password: Secret)

    /// A bearer token (RFC 6750).
    case bearer(Secret)
}
