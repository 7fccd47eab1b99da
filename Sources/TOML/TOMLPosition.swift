internal import CTOMLPlusPlus

/// A place in a TOML file.
package struct TOMLPosition: Hashable, Sendable {
    /// The line, counted from 1; lines end with a line feed.
    package let line: Int
    /// The column, counted from 1 in code points; a byte order mark counts as none.
    package let column: Int

    init(_ position: larder_toml_position) {
        line = Int(position.line)
        column = Int(position.column)
    }
}
