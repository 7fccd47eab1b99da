internal import Glibc
package import SystemPackage

/// An open file, closed when the value ends.
package struct FileHandle: ~Copyable, Sendable {
    /// The descriptor; valid as long as the handle lives.
    package let descriptor: Int32
    /// The name under which the file was opened, for errors.
    package let path: FilePath

    /// Takes over an open descriptor.
    package init(owning descriptor: Int32, path: FilePath) {
        self.descriptor = descriptor
        self.path = path
    }

    deinit {
        // Errors of close(2) say nothing that fsync(2) did not say, and everything that matters is synchronized.
        _ = Glibc.close(descriptor)
    }
}
