internal import Glibc

/// An extended regular expression of POSIX, as `grep -E` takes it, compiled by the C library.
///
/// `\w`, `\s`, `\b` and `\<` are understood beside what POSIX has. Compared byte by byte under the program's locale, which
/// is "C".
package final class RegularExpression: Sendable {
    /// The expression as written.
    package let pattern: String

    /// What `regcomp` made; allocated, since it must not move.
    ///
    /// Unsafe: written by `init` and freed by `deinit` only; `regexec` may use one expression on many threads at once
    /// (regex(3)).
    private nonisolated(unsafe) let compiled: UnsafeMutablePointer<regex_t>

    /// Compiles an expression.
    ///
    /// - Parameter pattern: The expression; one with a NUL byte is refused.
    /// - Throws: ``RegularExpressionError`` with the words of the C library.
    package init(_ pattern: String) throws(RegularExpressionError) {
        guard !pattern.utf8.contains(0) else { throw RegularExpressionError(description: "it holds a NUL byte") }
        let compiled = UnsafeMutablePointer<regex_t>.allocate(capacity: 1)
        compiled.initialize(to: regex_t())
        let code = regcomp(compiled, pattern, REG_EXTENDED | REG_NOSUB)
        guard code == 0 else {
            var buffer = [CChar](repeating: 0, count: 200)
            regerror(code, compiled, &buffer, buffer.count)
            compiled.deinitialize(count: 1)
            compiled.deallocate()
            let bytes = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            throw RegularExpressionError(description: String(decoding: bytes, as: UTF8.self))
        }
        self.compiled = compiled
        self.pattern = pattern
    }

    deinit {
        regfree(compiled)
        compiled.deinitialize(count: 1)
        compiled.deallocate()
    }

    /// Whether a part of a text matches; `^` and `$` are the text's ends.
    ///
    /// - Parameter text: A text; from a NUL byte on it is not looked at.
    /// - Returns: Whether one does.
    package func matches(_ text: String) -> Bool {
        regexec(compiled, text, 0, nil, 0) == 0
    }
}

extension RegularExpression: Hashable {
    package static func == (left: RegularExpression, right: RegularExpression) -> Bool { left.pattern == right.pattern }

    package func hash(into hasher: inout Hasher) { hasher.combine(pattern) }
}

/// A text that is no regular expression.
package struct RegularExpressionError: Error, Equatable, CustomStringConvertible {
    /// What is wrong, in the words of the C library.
    package let description: String
}
