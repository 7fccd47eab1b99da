internal import Configuration
internal import FileIO
internal import Glibc
internal import JSON
internal import SystemPackage

/// The files at a mirror's root that say what it is and how it is kept.
struct MirrorFiles: Sendable {
    /// The version of the format of a mirror on disk.
    static let format: UInt64 = 1
    /// The name of the configuration.
    static let configurationName = "larder.toml"
    /// The name of the list that `add` and `remove` edit.
    static let projectListName = "projects.txt"
    /// The name of the list that `block` and `unblock` edit.
    static let blockListName = "blocked.txt"

    let root: FilePath
    let fileSystem: any FileSystem

    /// Refuses what is no mirror, or one of a later version.
    func checkFormat() throws(MirrorError) {
        guard let format = try store()["format"]?.unsigned else {
            throw .damaged(storePath, "it names no format; restore it from a backup")
        }
        guard format == Self.format else { throw .unknownFormat(root, format) }
    }

    /// What tells the mirror from all others: a text by chance, made with it.
    func id() throws(MirrorError) -> String {
        guard let id = try store()["id"]?.string, !id.isEmpty else {
            throw .damaged(storePath, "it has no id; restore it from a backup")
        }
        return id
    }

    private var storePath: FilePath { root.appending("store.json") }

    /// What `store.json` says.
    private func store() throws(MirrorError) -> JSONValue {
        do {
            return try JSONDocument(try fileSystem.contents(of: storePath, limit: 1 << 16)).root
        } catch let error as FileError {
            guard error.isMissing else { throw .file(error) }
            throw .noMirror(root)
        } catch {
            throw .damaged(storePath, "\(error); restore it from a backup")
        }
    }

    func configuration() throws(MirrorError) -> Configuration {
        let text = try text(of: Self.configurationName)
        do throws(ConfigurationError) {
            return try Configuration.parse(text, file: Self.configurationName, folder: root)
        } catch {
            throw .configuration(error)
        }
    }

    func projects() throws(MirrorError) -> ProjectList {
        let text = try text(of: Self.projectListName, otherwise: "make an empty one where larder.toml selects all")
        do throws(ConfigurationError) {
            return try ProjectList(parsing: text, file: Self.projectListName)
        } catch {
            throw .configuration(error)
        }
    }

    func blocks() throws(MirrorError) -> BlockList {
        let text = try text(of: Self.blockListName, otherwise: "make an empty one where nothing is blocked")
        do throws(ConfigurationError) {
            return try BlockList(parsing: text, file: Self.blockListName)
        } catch {
            throw .configuration(error)
        }
    }

    /// The upstreams of a configuration, each with what says who we are to it.
    func upstreams(of configuration: Configuration) throws(MirrorError) -> [UpstreamAccess] {
        let upstreams = configuration.upstreams
        let names = upstreams.map(\.name)
        do throws(ConfigurationError) {
            let secrets = try UpstreamSecret.read(root.appending(UpstreamSecret.fileName), of: names)
            let environment = try UpstreamSecret.environment(of: names) { getenv($0).map { String(cString: $0) } }
            return upstreams.indices.map { index in
                UpstreamAccess(upstreams[index], secret: secrets[index], environment: environment[index])
            }
        } catch {
            throw .configuration(error)
        }
    }

    /// The text of a file at the root.
    private func text(of name: String, otherwise: String? = nil) throws(MirrorError) -> String {
        let bytes: [UInt8]
        do throws(FileError) {
            bytes = try fileSystem.contents(of: root.appending(name), limit: 1 << 28)
        } catch {
            guard error.isMissing else { throw .file(error) }
            // Not knowing what is selected is no reason to take it off (I10), nor is not knowing what is blocked one
            // to show it.
            throw Self.problem(
                with: name,
                "is missing; restore it from a backup" + (otherwise.map { ", or \($0)" } ?? "")
            )
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Self.problem(with: name, "is not UTF-8 text")
        }
        return text
    }

    private static func problem(with name: String, _ message: String) -> MirrorError {
        .configuration(ConfigurationError([ConfigurationProblem(file: name, message: message)]))
    }
}
