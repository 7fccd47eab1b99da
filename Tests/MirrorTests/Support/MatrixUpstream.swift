import Foundation
import SystemPackage
import TestSupport
import Testing

/// A scripted upstream with one project: a list, a page, a wheel and its sidecar.
struct MatrixUpstream {
    let server = ScriptedUpstream()
    let project: ScriptedProject

    init() throws {
        project = try ScriptedProject("good-00")
        server.publish([project])
    }

    /// Where a thing is.
    func path(of resource: Resource) -> String {
        switch resource {
        case .list: "/simple/"
        case .page: "/simple/\(project.name)/"
        case .file: "/files/\(project.files[0].path)"
        case .sidecar: "/files/\(project.files[0].path).metadata"
        }
    }

    /// How a thing is answered.
    func reply(to resource: Resource) -> ScriptedUpstream.Reply {
        switch resource {
        case .list:
            .json([
                "meta": ["api-version": "1.1", "_last-serial": 1],
                "projects": [["name": project.name, "_last-serial": 1]],
            ])
        case .page: project.page
        case .file: .init(body: project.files[0].bytes)
        case .sidecar: .init(body: project.files[0].metadata ?? [])
        }
    }

    /// How often a thing was asked for.
    func count(of resource: Resource) -> Int {
        server.requestedPaths.count { $0 == path(of: resource) }
    }
}

extension TestMirror {
    /// Makes a mirror of everything, with keys of `[upstream]` as TOML and private files beside `larder.toml`.
    static func matrix(
        of url: String,
        _ configuration: [String: String] = [:],
        files: [String: String] = [:],
        environment: [String: String] = [:]
    ) throws -> TestMirror {
        let mirror = try TestMirror(
            of: url,
            environment: Larder.environment.merging(environment) { $1 },
            configuration: configuration
        )
        for (name, text) in files {
            let path = mirror.root.appending(name).string
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        }
        return mirror
    }

    /// Syncs, and expects all of it to be done.
    @discardableResult
    func syncCompletely(sourceLocation: SourceLocation = #_sourceLocation) throws -> CommandResult {
        let result = try sync("-v")
        #expect(result.exitCode == 0, "\(result)", sourceLocation: sourceLocation)
        return result
    }

    /// The files of the mirror that hold a text, apart from those that people write.
    func files(holding texts: [String], except excluded: Set<String>) throws -> [String] {
        var found: [String] = []
        for path in try FileManager.default.subpathsOfDirectory(atPath: root.string) where !excluded.contains(path) {
            var isDirectory: ObjCBool = false
            let full = root.pushing(FilePath(path)).string
            guard FileManager.default.fileExists(atPath: full, isDirectory: &isDirectory), !isDirectory.boolValue else {
                continue
            }
            let data = try Data(contentsOf: URL(fileURLWithPath: full))
            if texts.contains(where: { data.range(of: Data($0.utf8)) != nil }) { found.append(path) }
        }
        return found
    }

    /// Expects that nothing but what people wrote holds a secret: no file of the mirror, no report, no log.
    func expectNoTrace(
        of secrets: [String],
        after result: CommandResult,
        except excluded: Set<String> = ["larder.toml", "upstream.secret", "secret-file"],
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        #expect(try files(holding: secrets, except: excluded) == [], sourceLocation: sourceLocation)
        for secret in secrets {
            #expect(!result.output.contains(secret) && !result.errors.contains(secret), sourceLocation: sourceLocation)
        }
    }
}

/// The credentials of a test in the form that goes over the wire.
func basic(_ username: String, _ password: String) -> String {
    "Basic \(Data("\(username):\(password)".utf8).base64EncodedString())"
}
