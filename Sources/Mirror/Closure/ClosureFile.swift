internal import FileIO
internal import JSON
internal import Packaging
internal import Selection
internal import SystemPackage

/// What a whole sync found to be needed, and for what.
struct KnownClosure: Sendable {
    /// What is needed; before the end of a sync, beside what was here at its begin.
    var result: ClosureResult
    /// What was stated, as ``ClosureSettings/mark(of:from:)``: it means nothing for anything else.
    var stated: String
    /// The same when what nobody needs was taken off the last time; `nil` when that was never.
    var applied: String?
}

/// What the last whole sync found to be needed, in `closure.json` at the mirror's root.
///
/// Derived: a whole sync finds it anew. Answers and syncs of single projects go by it, so it is never behind the index: a
/// sync writes what it found, with all that is here, before it commits anything, and what it found alone at its end.
struct ClosureFile: Sendable {
    /// The name of the file.
    static let name = "closure.json"
    private static let format: UInt64 = 2
    private static let byteLimit = 1 << 30

    private let path: FilePath
    private let fileSystem: any FileSystem

    init(_ mirror: MirrorRoot) {
        path = mirror.path.appending(Self.name)
        fileSystem = mirror.fileSystem
    }

    /// What was found; `nil` when there is nothing, or nothing that can be used.
    ///
    /// - Throws: ``MirrorError`` when the disk fails.
    func read() throws(MirrorError) -> KnownClosure? {
        let bytes: [UInt8]
        do throws(FileError) {
            bytes = try fileSystem.contents(of: path, limit: Self.byteLimit)
        } catch  where error.isMissing {
            return nil
        } catch {
            throw .file(error)
        }
        guard let root = try? JSONDocument(bytes).root, root["format"]?.unsigned == Self.format else { return nil }
        var projects: [ClosureResult.Project] = []
        guard let entries = root["projects"]?.array else { return nil }
        for entry in entries {
            guard let name = entry["name"]?.string.flatMap({ ProjectName($0) }) else { return nil }
            let releases = (entry["releases"]?.array).map { releases in
                releases.compactMap { release in
                    release["version"]?.string.map {
                        ClosureResult.Release(version: $0, reason: release["reason"]?.string ?? "")
                    }
                }
            }
            projects.append(
                .init(
                    name: name,
                    isRoot: entry["root"]?.bool ?? false,
                    releases: releases ?? [],
                    reasons: (entry["reasons"]?.array).map { $0.compactMap(\.string) } ?? [],
                    held: (entry["held"]?.array).map { $0.compactMap(\.string) } ?? []
                )
            )
        }
        var lacks: [ProjectName: [String]] = [:]
        if let entries = root["lacks"]?.array {
            for entry in entries {
                guard let name = entry["name"]?.string.flatMap({ ProjectName($0) }) else { return nil }
                lacks[name] = (entry["reasons"]?.array).map { $0.compactMap(\.string) }
            }
        }
        return KnownClosure(
            result: ClosureResult(projects: projects, lacks: lacks),
            stated: root["stated"]?.string ?? "",
            applied: root["applied"]?.string
        )
    }

    /// Remembers what was found, unless that stands there already.
    ///
    /// - Throws: ``MirrorError`` when the disk fails.
    func write(_ closure: KnownClosure) throws(MirrorError) {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("applied", closure.applied)
            writer.member("format", Self.format)
            let lacks = closure.result.lacks.sorted { $0.key < $1.key }
            writer.arrayMember("lacks", of: lacks.map { $0 }) { writer, lack in
                writer.object { writer in
                    writer.member("name", lack.key.normalized)
                    writer.arrayMember("reasons", of: lack.value) { $0.string($1) }
                }
            }
            writer.arrayMember("projects", of: closure.result.projects) { writer, project in
                writer.object { writer in
                    if !project.held.isEmpty { writer.arrayMember("held", of: project.held) { $0.string($1) } }
                    writer.member("name", project.name.normalized)
                    writer.arrayMember("reasons", of: project.reasons) { $0.string($1) }
                    writer.arrayMember("releases", of: project.releases) { writer, release in
                        writer.object { writer in
                            writer.member("reason", release.reason)
                            writer.member("version", release.version)
                        }
                    }
                    writer.member("root", project.isRoot)
                }
            }
            writer.member("stated", closure.stated)
        }
        let bytes = writer.bytes
        do throws(FileError) {
            if (try? fileSystem.contents(of: path, limit: Self.byteLimit)) == bytes { return }
            try fileSystem.replace(path, with: bytes)
        } catch {
            throw .file(error)
        }
    }

    /// Forgets what was found, durably: a sync that follows nothing keeps other releases.
    ///
    /// - Throws: ``MirrorError`` when the disk fails.
    func remove() throws(MirrorError) {
        do throws(FileError) {
            guard try fileSystem.exists(path) else { return }
            try fileSystem.removeIfPresent(path)
            try fileSystem.synchronizeDirectory(path.removingLastComponent())
        } catch {
            throw .file(error)
        }
    }
}
