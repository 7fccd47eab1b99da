package import Digest
package import FileIO
internal import Glibc
package import SystemPackage

/// What is known to be wrong, kept for whoever wants to know why: `quarantine/<UTC time>-<subject>`.
///
/// Beside the bytes lies their story, `quarantine/<UTC time>-<subject>.json`. Nothing is ever deleted here. One command
/// at a time adds to it, under the mirror's lock. Nothing is durable before the file system was synchronized.
package struct Quarantine: Sendable {
    /// What ends the names of stories.
    package static let storySuffix = ".json"
    /// Calls of link(2) that fail so say that the file system, or the kernel, gives no second names.
    private static let linkRefusals: Set<Errno> = [
        .notPermitted, .permissionDenied, .tooManyLinks, .notSupported, .noFunction, .improperLink,
    ]

    /// The directory.
    package let directory: FilePath
    private let fileSystem: any FileSystem

    /// The quarantine below a mirror's root.
    package init(root: FilePath, fileSystem: any FileSystem) {
        directory = root.appending("quarantine")
        self.fileSystem = fileSystem
    }

    /// A name that neither bytes nor a story have.
    ///
    /// - Parameters:
    ///   - subject: What the bytes are called: the digest of an object, or the name of a project. One path component.
    ///   - time: The time in seconds since 1970.
    /// - Returns: `20240203T040506Z-<subject>`; the time gets a number behind it when the name is taken.
    /// - Throws: ``FileError``.
    package func newName(for subject: String, time: Int64) throws(FileError) -> String {
        try fileSystem.makeDirectories(directory)
        let stamp = Self.stamp(time)
        var number = 1
        while true {
            let name = number == 1 ? "\(stamp)-\(subject)" : "\(stamp).\(number)-\(subject)"
            let hasBytes = try fileSystem.exists(directory.appending(name))
            let hasStory = try fileSystem.exists(directory.appending(name + Self.storySuffix))
            if !hasBytes, !hasStory { return name }
            number += 1
        }
    }

    /// Gives a file a second name here, or makes a copy of it where there are no second names.
    ///
    /// What is no regular file is moved here instead, since nothing else can take its place otherwise.
    ///
    /// - Parameters:
    ///   - path: What is wrong.
    ///   - name: A name of ``newName(for:time:)``.
    /// - Returns: Whether there was anything.
    /// - Throws: ``FileError``.
    package func keep(_ path: FilePath, as name: String) throws(FileError) -> Bool {
        guard let status = try fileSystem.statusIfPresent(path) else { return false }
        let kept = directory.appending(name)
        guard status.kind == .regular else {
            try fileSystem.rename(path, to: kept)
            return true
        }
        do throws(FileError) {
            try fileSystem.link(path, at: kept)
        } catch  where Self.linkRefusals.contains(error.errno) {
            try copy(path, to: kept)
        }
        return true
    }

    /// Writes a story.
    package func write(story: [UInt8], as name: String) throws(FileError) {
        try fileSystem.write(
            story,
            toNewFile: directory.appending(name + Self.storySuffix),
            permissions: [.ownerRead, .groupRead, .otherRead],
            durably: false
        )
    }

    /// The names of all stories, without their suffix, the oldest first.
    package func stories() throws(FileError) -> [String] {
        do throws(FileError) {
            return try fileSystem.list(directory)
                .filter { $0.kind == .regular && $0.name.hasSuffix(Self.storySuffix) }
                .map { String($0.name.dropLast(Self.storySuffix.count)) }
                .sorted()
        } catch  where error.isMissing {
            return []
        }
    }

    /// The bytes of a story.
    package func story(_ name: String) throws(FileError) -> [UInt8] {
        try fileSystem.contents(of: directory.appending(name + Self.storySuffix), limit: 1 << 24)
    }

    /// The object that a name of ``newName(for:time:)`` is about; `nil` when it is about none.
    package static func object(of name: String) -> SHA256Digest? {
        guard name.utf8.count > 64, name.dropLast(64).hasSuffix("-") else { return nil }
        return SHA256Digest(hex: name.suffix(64))
    }

    private func copy(_ path: FilePath, to copy: FilePath) throws(FileError) {
        let source = try fileSystem.open(path, for: .reading)
        let target = try fileSystem.create(copy, permissions: [.ownerRead, .groupRead, .otherRead])
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            let count = try fileSystem.read(into: &buffer, from: source)
            if count == 0 { return }
            try fileSystem.write(Array(buffer[..<count]), to: target)
        }
    }

    /// A time in UTC that sorts as text: `20240203T040506Z`.
    private static func stamp(_ seconds: Int64) -> String {
        var time = time_t(seconds)
        var parts = tm()
        gmtime_r(&time, &parts)
        func padded(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(parts.tm_year + 1900)\(padded(parts.tm_mon + 1))\(padded(parts.tm_mday))T"
            + "\(padded(parts.tm_hour))\(padded(parts.tm_min))\(padded(parts.tm_sec))Z"
    }
}
