internal import Bundle
internal import Digest
internal import FileIO
internal import ObjectStore
internal import Publication
internal import Scheduling
internal import SystemPackage

/// An object is not what its name says, or gone, so that it is not carried.
struct ObjectDamage: Error, CustomStringConvertible {
    let object: SHA256Digest
    let detail: String

    var description: String { "the object \(object) \(detail); run `larder verify --repair`, then export again" }
}

/// Copies objects into volumes, hashing them as they are read; it belongs to one thread.
final class ObjectCopier {
    private static let chunk = 1 << 20

    private let objects: ObjectStore
    private let fileSystem: any FileSystem
    private let interruption: Interruption
    private var hasher: Hasher
    private var buffer: [UInt8]
    /// The object of which parts are copied, all of which was read and right.
    private var whole: SHA256Digest?

    /// - Throws: `DigestError`.
    init(_ objects: ObjectStore, fileSystem: any FileSystem, _ interruption: Interruption) throws {
        self.objects = objects
        self.fileSystem = fileSystem
        self.interruption = interruption
        hasher = try Hasher(.sha256)
        buffer = [UInt8](repeating: 0, count: Self.chunk)
    }

    /// Copies a member.
    ///
    /// What does not match is read a second time, before it is called damage. In either case the archive has wrong bytes
    /// then, and has to be given up.
    ///
    /// - Parameters:
    ///   - member: The member; the digest of a part is found out.
    ///   - writer: Where it goes; `nil` to look at it only.
    /// - Throws: ``ObjectDamage``; `FileError` for one that cannot be read, `TarError`.
    func copy(_ member: BundleMember, to writer: VolumeWriter?) throws {
        switch member.content {
        case .record: break
        case .object(let digest):
            try writer?.begin(member)
            try check(digest, member.size) { try writer?.write($0) }
        case .part(_, let object, let offset, let total):
            // Once in each volume, since that may be written long after the one before.
            if whole != object { try check(object, total) { _ in } }
            whole = object
            let digest = try read(object, from: offset, count: member.size) { _ in }
            let content = BundleMember.Content.part(digest, of: object, offset: offset, total: total)
            try writer?.begin(BundleMember(content, size: member.size, project: member.project))
            let again = try read(object, from: offset, count: member.size) { try writer?.write($0) }
            guard again == digest else { throw ObjectDamage(object: object, detail: "changes while it is read") }
        }
    }

    /// Reads an object and throws when it is not what its name says.
    private func check(
        _ digest: SHA256Digest,
        _ size: UInt64,
        _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        if try read(digest, from: 0, count: size, body) == digest { return }
        guard try read(digest, from: 0, count: size, { _ in }) == digest else {
            throw ObjectDamage(object: digest, detail: "does not match its digest")
        }
        throw ObjectDamage(
            object: digest,
            detail: "was read wrong and then right, so that the disk is not to be trusted"
        )
    }

    /// Reads bytes of an object.
    ///
    /// - Returns: The digest of the bytes.
    private func read(
        _ object: SHA256Digest,
        from offset: UInt64,
        count: UInt64,
        _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws -> SHA256Digest {
        let file = try open(object)
        try hasher.reset()
        if offset > 0 { try fileSystem.seek(file, to: Int64(clamping: offset)) }
        var rest = count
        while rest > 0 {
            try interruption.check()
            let wanted = Int(min(rest, UInt64(Self.chunk)))
            let received = try buffer.withUnsafeMutableBytes { memory in
                let space = UnsafeMutableRawBufferPointer(rebasing: memory[..<wanted])
                let received = try fileSystem.read(into: space, from: file)
                let bytes = UnsafeRawBufferPointer(rebasing: space[..<received])
                hasher.update(bytes)
                try body(bytes)
                return received
            }
            guard received > 0 else { throw ObjectDamage(object: object, detail: "is shorter than it should be") }
            rest -= UInt64(received)
        }
        return try hasher.takeSHA256()
    }

    private func open(_ object: SHA256Digest) throws -> FileHandle {
        do throws(FileError) {
            return try fileSystem.open(objects.path(of: object), for: .reading)
        } catch {
            guard error.isMissing else { throw error }
            throw ObjectDamage(object: object, detail: "is gone")
        }
    }
}
