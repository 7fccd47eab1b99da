/// A value of `larder.toml`, and the line that states it.
package struct Stated<Value: Hashable & Sendable>: Hashable, Sendable {
    /// The value.
    package let value: Value

    /// The line, counted from 1; `nil` where it was not found.
    package let line: Int?

    /// A value, and its line.
    package init(_ value: Value, line: Int? = nil) {
        self.value = value
        self.line = line
    }
}
