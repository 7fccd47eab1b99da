internal import CLinux
internal import Glibc
package import SystemPackage

/// An open file, closed when the value ends.
package struct FileHandle: ~Copyable, Sendable {
    /// The descriptor; valid as long as the handle lives.
    package let descriptor: Int32
    /// The name under which the file was opened, for errors.
    package let path: FilePath

    /// What addresses and sizes of reads past the page cache are multiples of; enough for every disk.
    package static let alignment = 4_096

    private let forgets: Bool

    /// Takes over an open descriptor.
    ///
    /// - Parameters:
    ///   - descriptor: The descriptor.
    ///   - path: The name under which the file was opened.
    ///   - forgets: Whether the page cache is to forget the file when the value ends.
    package init(owning descriptor: Int32, path: FilePath, forgets: Bool = false) {
        self.descriptor = descriptor
        self.path = path
        self.forgets = forgets
    }

    deinit {
        if forgets { _ = larder_forget_cached(descriptor) }
        // Errors of close(2) say nothing that fsync(2) did not say, and everything that matters is synchronized.
        _ = Glibc.close(descriptor)
    }
}
