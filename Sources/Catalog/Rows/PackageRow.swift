package import Digest

/// The key of a name below `packages/`: its directory, and 16 bytes of the SHA-256 of its filename.
package struct PackageKey: Hashable, Sendable, TableKey {
    /// The 32 bytes that the directory `ab/cd/<60 hex>` stands for; not always those of the object.
    package let directory: SHA256Digest
    private let filename: ViewID

    /// The key of a name.
    ///
    /// - Parameters:
    ///   - filename: The filename.
    ///   - directory: What its directory stands for.
    /// - Throws: ``DigestError`` when OpenSSL cannot provide SHA-256.
    package init(_ filename: String, in directory: SHA256Digest) throws(DigestError) {
        self.directory = directory
        self.filename = ViewID(try SHA256Digest.hash(filename.utf8))
    }

    package init?(bytes: some Sequence<UInt8>) {
        let bytes = Array(bytes)
        guard let directory = SHA256Digest(bytes: bytes.prefix(32)), let filename = ViewID(bytes: bytes.dropFirst(32))
        else { return nil }
        self.directory = directory
        self.filename = filename
    }

    package var bytes: [UInt8] { directory.bytes + filename.bytes }

    /// The first key of a directory of the first level, whatever has it.
    ///
    /// - Parameter prefix: The first byte of the directory.
    /// - Returns: The key.
    package static func first(below prefix: UInt8) -> PackageKey? {
        PackageKey(bytes: [prefix] + [UInt8](repeating: 0, count: 47))
    }
}

/// What a name below `packages/` is to hold, when it is no symbolic link, which would tell that itself.
///
/// The row is there before the name, and goes after it.
package struct PackageRow: Equatable, Sendable, Row {
    /// The filename.
    package var filename: String
    /// The object whose bytes are to be had there.
    package var object: SHA256Digest
    /// The number of those bytes.
    package var size: UInt64
    /// Whether it is a copy; else a second name of the object.
    package var isCopy: Bool
    /// When it was made, in seconds since 1970; its bytes were checked then.
    package var storedAt: Int64
    /// When the bytes of a copy were last hashed and right, in seconds since 1970; 0 for never since it was made.
    package var verifiedAt: Int64 = 0

    /// The row of a name that is made now.
    package init(filename: String, object: SHA256Digest, size: UInt64, isCopy: Bool, storedAt: Int64) {
        self.filename = filename
        self.object = object
        self.size = size
        self.isCopy = isCopy
        self.storedAt = storedAt
    }

    package func encode(into encoder: inout RowEncoder) {
        encoder.append(filename)
        encoder.append(object)
        encoder.append(size)
        encoder.append(isCopy)
        encoder.append(storedAt)
        encoder.append(verifiedAt)
    }

    package init?(from decoder: inout RowDecoder) {
        guard let filename = decoder.text(), let object = decoder.digest(), let size: UInt64 = decoder.integer(),
            let isCopy = decoder.bool(), let storedAt: Int64 = decoder.integer(),
            let verifiedAt: Int64 = decoder.integer()
        else { return nil }
        self.init(filename: filename, object: object, size: size, isCopy: isCopy, storedAt: storedAt)
        self.verifiedAt = verifiedAt
    }
}
