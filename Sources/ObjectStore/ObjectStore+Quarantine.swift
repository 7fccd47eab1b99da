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

    /// The directory.
    package let directory: FilePath
    private let fileSystem: any FileSystem

    /// The quarantine below a mirror's root.
    package init(root: FilePath, fileSystem: any FileSystem) {
        directory = root.appending("quarantine")
        self.fileSystem = fileSystem
    }

    /// Keeps a file here as well, with its story: by a second name, or as a copy where there are no second names.
    ///
    /// What is kept already is not kept twice, as after a repair that was cut off; it gets the new story. What is no
    /// regular file is moved here instead, since nothing else can take its place otherwise. A copy and its story are
    /// durable at once, since they may lie on another file system than the mirror.
    ///
    /// - Parameters:
    ///   - path: What is wrong.
    ///   - subject: What it is called: the digest of an object, or the name of a project. One path component.
    ///   - time: The time in seconds since 1970.
    ///   - story: The story.
    /// - Returns: The name, `20240203T040506Z-<subject>`; the time has a number behind it when the name was taken. `nil`
    ///   when there is no file.
    /// - Throws: ``FileError``.
    package func keep(
        _ path: FilePath,
        for subject: String,
        time: Int64,
        story: [UInt8]
    ) throws(FileError) -> String? {
        guard let status = try fileSystem.statusIfPresent(path) else { return nil }
        guard status.kind == .regular else {
            let name = try newName(for: subject, time: time)
            try fileSystem.rename(path, to: directory.appending(name))
            try write(story, as: name, durably: false)
            return name
        }
        if status.linkCount > 1,
            let name = try name(
                for: subject,
                where: { kept throws(FileError) in
                    try fileSystem.statusIfPresent(kept)?.identity == status.identity
                }
            )
        {
            try write(story, as: name, durably: true)
            return name
        }
        let name = try newName(for: subject, time: time)
        do throws(FileError) {
            try fileSystem.link(path, at: directory.appending(name))
            try write(story, as: name, durably: false)
            return name
        } catch  where error.operation == "link" && error.refusesLinks {
            return try keepCopy(of: path, for: subject, as: name, story: story)
        }
    }

    private func keepCopy(
        of path: FilePath,
        for subject: String,
        as newName: String,
        story: [UInt8]
    ) throws(FileError) -> String {
        let known = try name(for: subject) { kept throws(FileError) in try fileSystem.areEqual(path, kept) }
        if known == nil { try fileSystem.copy(path, to: directory.appending(newName), durably: true) }
        let name = known ?? newName
        try write(story, as: name, durably: true)
        return name
    }

    /// Writes the story of something of which there are no bytes.
    ///
    /// - Parameters:
    ///   - story: The story.
    ///   - subject: What the bytes would be called.
    ///   - time: The time in seconds since 1970.
    /// - Throws: ``FileError``.
    package func tell(_ story: [UInt8], of subject: String, time: Int64) throws(FileError) {
        try write(story, as: try newName(for: subject, time: time), durably: false)
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

    /// The object that a name of ``keep(_:for:time:story:)`` is about; `nil` when it is about none.
    package static func object(of name: String) -> SHA256Digest? {
        guard name.utf8.count > 64, name.dropLast(64).hasSuffix("-") else { return nil }
        return SHA256Digest(hex: name.suffix(64))
    }

    /// A name that neither bytes nor a story have.
    private func newName(for subject: String, time: Int64) throws(FileError) -> String {
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

    /// The name under which bytes of a subject are kept that meet a condition.
    private func name(
        for subject: String,
        where condition: (FilePath) throws(FileError) -> Bool
    ) throws(FileError) -> String? {
        do throws(FileError) {
            for entry in try fileSystem.list(directory) where entry.kind == .regular {
                // No time has a hyphen.
                guard entry.name.drop(while: { $0 != "-" }).dropFirst() == subject else { continue }
                if try condition(directory.appending(entry.name)) { return entry.name }
            }
        } catch  where error.isMissing {
            // Nothing was ever kept, or somebody took it away meanwhile.
        }
        return nil
    }

    /// Writes a story, in the place of an older one where it is durable.
    private func write(_ story: [UInt8], as name: String, durably: Bool) throws(FileError) {
        let path = directory.appending(name + Self.storySuffix)
        let permissions: FilePermissions = [.ownerRead, .groupRead, .otherRead]
        if durably {
            try fileSystem.replace(path, with: story, permissions: permissions)
        } else {
            try fileSystem.write(story, toNewFile: path, permissions: permissions, durably: false)
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
