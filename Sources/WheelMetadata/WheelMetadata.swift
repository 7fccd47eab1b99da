package import SystemPackage

/// Reads the core metadata out of wheels (PEP 427, PEP 658).
///
/// It is the file `<name>-<version>.dist-info/METADATA` at the top of the archive, whose name and version are those of
/// the filename, however either is spelled; `.dist-info` directories of other projects do not count. Only stored and
/// deflated data are read, and no part of the archive but its directory, the header of each entry and this file.
///
/// Names are taken from the header of each entry, which libarchive goes by, not from the archive's directory: two
/// names in the directory for one header are one entry. It reads a backslash as a slash in a name without slashes.
package enum WheelMetadata {
    /// The most bytes that a METADATA may have, unless told otherwise: 16 MiB.
    package static let defaultLimit = 16 << 20

    /// The METADATA of a wheel on disk.
    ///
    /// - Parameters:
    ///   - path: The file, whatever its name.
    ///   - filename: The name that the index gives to the wheel.
    ///   - limit: The most bytes that the METADATA may have.
    /// - Returns: The bytes as they are in the wheel.
    /// - Throws: ``WheelMetadataError``.
    package static func read(
        wheelAt path: FilePath,
        filename: String,
        limit: Int = defaultLimit
    ) throws(WheelMetadataError) -> [UInt8] {
        let file = try open(path, filename)
        // Closing a descriptor that was only read from loses nothing.
        defer { try? file.close() }
        return try read(wheelOn: file.rawValue, filename: filename, limit: limit)
    }

    /// Opens an archive for reading.
    static func open(_ path: FilePath, _ filename: String) throws(WheelMetadataError) -> FileDescriptor {
        do {
            return try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
        } catch {
            let errno = error as? Errno ?? .ioError
            throw WheelMetadataError(filename: filename, reason: .failed(operation: "open", path, errno))
        }
    }

    /// The METADATA of a wheel that is open.
    ///
    /// - Parameters:
    ///   - descriptor: A regular file, open for reading; its position is neither used nor changed.
    ///   - filename: The name that the index gives to the wheel.
    ///   - limit: The most bytes that the METADATA may have.
    /// - Returns: The bytes as they are in the wheel.
    /// - Throws: ``WheelMetadataError``.
    package static func read(
        wheelOn descriptor: Int32,
        filename: String,
        limit: Int = defaultLimit
    ) throws(WheelMetadataError) -> [UInt8] {
        do throws(WheelMetadataError.Reason) {
            return try read(.descriptor(descriptor), filename, limit)
        } catch {
            throw WheelMetadataError(filename: filename, reason: error)
        }
    }

    /// The METADATA of a wheel in memory.
    ///
    /// - Parameters:
    ///   - bytes: The whole wheel.
    ///   - filename: The name that the index gives to the wheel.
    ///   - limit: The most bytes that the METADATA may have.
    /// - Returns: The bytes as they are in the wheel.
    /// - Throws: ``WheelMetadataError``.
    package static func read(
        wheel bytes: [UInt8],
        filename: String,
        limit: Int = defaultLimit
    ) throws(WheelMetadataError) -> [UInt8] {
        let result = bytes.withUnsafeBytes { memory in
            Result { () throws(WheelMetadataError.Reason) in try read(.memory(memory), filename, limit) }
        }
        return try result.mapError { WheelMetadataError(filename: filename, reason: $0) }.get()
    }

    private static func read(
        _ storage: WheelSource.Storage,
        _ filename: String,
        _ limit: Int
    ) throws(WheelMetadataError.Reason) -> [UInt8] {
        guard let identity = WheelIdentity(filename: filename) else { throw .notAWheelName }
        let source: WheelSource
        do throws(Errno) {
            source = try WheelSource(storage)
        } catch {
            throw .failed(operation: "fstat", nil, error)
        }
        var archive = try WheelArchive.open(source)
        var found: (directory: String, bytes: [UInt8])?
        var others: [String] = []
        while let entry = try archive.nextMetadata() {
            if !identity.owns(stem: entry.directory.dropLast(".dist-info".count)) {
                if others.count < 3 { others.append(entry.directory) }
            } else if let found {
                throw .ambiguous(found.directory, entry.directory)
            } else {
                found = (entry.directory, try archive.contents(of: entry, limit: limit))
            }
        }
        guard let found else { throw .missing(others: others) }
        return found.bytes
    }
}
