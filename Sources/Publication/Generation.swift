package import Digest
package import FileIO
package import JSON
package import SystemPackage

/// One publication of the whole mirror, as its tree says of itself in `generation.json`.
package struct Generation: Equatable, Sendable {
    /// Its number.
    package let number: UInt64
    /// When it was made, in seconds since 1970.
    package let time: Int64
    /// The digest over what all pages say (I17); equal for mirrors that hold the same.
    package let treeDigest: SHA256Digest
    /// The number of projects in the root list.
    package let projects: Int
    /// The number of files on all pages.
    package let files: Int
    /// The highest serial on any page.
    package let serial: UInt64

    /// A publication.
    package init(
        number: UInt64,
        time: Int64,
        treeDigest: SHA256Digest,
        projects: Int,
        files: Int,
        serial: UInt64
    ) {
        self.number = number
        self.time = time
        self.treeDigest = treeDigest
        self.projects = projects
        self.files = files
        self.serial = serial
    }

    /// Reads what a tree says of itself.
    ///
    /// - Parameters:
    ///   - tree: The tree.
    ///   - fileSystem: What holds it.
    ///   - needsSeal: Whether a file that carries no digest is damaged.
    /// - Returns: The publication; `nil` when there is no such tree.
    /// - Throws: ``PublicationError``; `damagedState` when it is not what ``encoded()`` gives.
    package static func read(
        inTree tree: FilePath,
        fileSystem: any FileSystem,
        needsSeal: Bool = false
    ) throws(PublicationError) -> Generation? {
        let path = tree.appending("generation.json")
        do {
            let bytes = try fileSystem.contents(of: path, limit: 1 << 20)
            guard let generation = Generation(try JSONDocument(bytes).root) else {
                throw PublicationError.damagedState(path: path, detail: "members are missing")
            }
            try Seal.check(bytes, of: path, isNeeded: needsSeal)
            return generation
        } catch let error as FileError {
            guard error.isMissing else { throw .file(error) }
            return nil
        } catch let error as PublicationError {
            throw error
        } catch {
            throw .damagedState(path: path, detail: "\(error)")
        }
    }

    /// The bytes of `generation.json`.
    ///
    /// - Throws: ``DigestError`` when OpenSSL cannot provide SHA-256.
    func encoded() throws(DigestError) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writeMembers(to: &$0) }
        return try Seal.apply(to: writer.bytes)
    }

    /// Writes its members, in the order of their names.
    package func writeMembers(to writer: inout JSONWriter) {
        writer.member("files", files)
        writer.member("generation", number)
        writer.member("projects", projects)
        writer.member("serial", serial)
        writer.member("time", time)
        writer.member("treeDigest", treeDigest.hex)
    }

    /// Reads what ``writeMembers(to:)`` wrote; `nil` where members are missing.
    init?(_ value: JSONValue) {
        guard let number = value["generation"]?.unsigned, let time = value["time"]?.integer,
            let treeDigest = value["treeDigest"]?.string.flatMap({ SHA256Digest(hex: $0) }),
            let projects = value["projects"]?.unsigned, let files = value["files"]?.unsigned,
            let serial = value["serial"]?.unsigned
        else { return nil }
        self.init(
            number: number,
            time: time,
            treeDigest: treeDigest,
            projects: Int(clamping: projects),
            files: Int(clamping: files),
            serial: serial
        )
    }
}
