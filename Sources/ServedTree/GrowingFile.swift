package import FileIO

/// A file of which more and more can be sent.
package protocol GrowingFile: Sendable {
    /// Tells once more of the file can be sent than so many bytes, or that it never can.
    ///
    /// - Parameters:
    ///   - offset: How many bytes were sent, counted from the start of the file.
    ///   - body: Called once, on any thread.
    func wait(behind offset: UInt64, _ body: @escaping @Sendable (Growth) -> Void)
}

/// What there is of a package that is not where the tree has it.
package enum PackageContent: Sendable {
    /// All of it.
    case file(LinkedFile)
    /// What is known before anybody asks for its bytes: its size, if that is known, and its SHA-256 in hexadecimal.
    case known(size: UInt64?, digest: String)
    /// It is on its way; also what upstream says of when it was modified.
    case growing(any GrowingFile, size: UInt64?, digest: String, lastModified: String?)
}

/// How far a file has grown.
package enum Growth: Sendable {
    /// These bytes from its start on can be sent.
    case available(LinkedFile, end: UInt64)
    /// There are no more bytes than were sent.
    case complete
    /// What was sent is not the file: the connection has to end, so that nobody takes it for one.
    case broken
}
