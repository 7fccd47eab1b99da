import ChildProcess
import Digest
import Foundation
import SystemPackage
import TestSupport
import Testing

/// Signed generations, checked with the real `minisign`.
@Suite("Signed generations") struct SigningTests {
    private static let program = "/usr/bin/minisign"
    private static var isInstalled: Bool { FileManager.default.isExecutableFile(atPath: program) }

    private let upstream = ScriptedUpstream()

    private func signed() throws -> (mirror: TestMirror, key: String) {
        upstream.publish(try .good(3))
        let mirror = try TestMirror(of: upstream.url)
        let key = mirror.folder.path.appending("mirror.key").string
        let made = try Larder.run(["keygen", key, "--json"])
        #expect(made.exitCode == 0, "\(made)")
        try mirror.configure("signing-key", "\"\(key)\"")
        #expect(try mirror.sync().exitCode == 0)
        return (mirror, key)
    }

    private func minisign(_ mirror: TestMirror, _ tree: String, _ key: String) throws -> ChildProcess {
        let file = mirror.root.pushing(FilePath(tree)).appending("generation.json").string
        return try ChildProcess(
            FilePath(Self.program),
            ["-V", "-p", "\(key).pub", "-m", file],
            environment: ["PATH": "/usr/bin"],
            limit: 1 << 16,
            timeout: .seconds(30)
        )
    }

    @Test(
        "minisign accepts what every publication, rollback and snapshot says of itself",
        .enabled(if: isInstalled, "minisign is not installed")
    )
    func accepted() throws {
        let (mirror, key) = try signed()
        func expectAccepted(_ tree: String, _ generation: Int) throws {
            let result = try minisign(mirror, tree, key)
            let text = String(decoding: result.output, as: UTF8.self)
            #expect(result.exitCode == 0 && text.contains("generation:\(generation)"), "\(text)")
        }
        try expectAccepted("web", 1)
        #expect(try mirror.run("snapshot", "create", "first").exitCode == 0)
        try expectAccepted("snapshots/first", 1)
        let before = try mirror.contents("generation.json.minisig")
        upstream.publish(try .good(4))
        #expect(try mirror.sync().exitCode == 0)
        try expectAccepted("web", 2)
        #expect(try mirror.run("rollback").exitCode == 0)
        try expectAccepted("web", 1)
        #expect(try mirror.contents("generation.json.minisig") == before)
        #expect(try mirror.run("block", "good-00").exitCode == 0)
        try expectAccepted("web", 1)
        try expectAccepted("snapshots/first", 1)
        #expect(try mirror.run("publish").exitCode == 0)
        #expect(try mirror.verify().exitCode == 0)
        // One that lies says nothing.
        let path = mirror.root.appending("web/generation.json").string
        let text = try String(contentsOfFile: path, encoding: .utf8)
        try text.replacingOccurrences(of: "\"files\":3", with: "\"files\":4").write(
            toFile: path,
            atomically: true,
            encoding: .utf8
        )
        #expect(try minisign(mirror, "web", key).exitCode != 0)
    }

    @Test("The tree digest, which is signed, is that of the root list")
    func rootList() throws {
        let (mirror, _) = try signed()
        let list = try JSONSerialization.jsonObject(with: Data(try mirror.contents("simple/index.v1_json")))
        let projects = Report(object: list as? [String: Any] ?? [:]).objects("projects")
        var content: [(key: [UInt8], bytes: [UInt8])] = []
        for project in projects {
            let name = try #require(project.text("name"))
            let digest = try #require(project.text("_content-sha256").flatMap { SHA256Digest(hex: $0) })
            let key = Array(try SHA256Digest.hash(name.utf8).bytes.prefix(16))
            content.append((key, Array(name.utf8) + [0] + digest.bytes))
        }
        content.sort { $0.key.lexicographicallyPrecedes($1.key) }
        #expect(try SHA256Digest.hash(content.flatMap(\.bytes)).hex == mirror.treeDigest)
    }

    @Test("A signature that is damaged, missing or of another key is found, and the next publication mends it")
    func damaged() throws {
        let (mirror, key) = try signed()
        let name = "generation.json.minisig"
        let path = mirror.root.appending("web/\(name)").string
        let good = try mirror.contents(name)
        let other = mirror.folder.path.appending("other.key").string
        #expect(try Larder.run(["keygen", other]).exitCode == 0)
        for damage in ["bit", "text", "gone"] {
            switch damage {
            case "bit": try rewrite(FilePath(path)) { $0[100] ^= 1 }
            case "text": try "untrusted".write(toFile: path, atomically: true, encoding: .utf8)
            default: try FileManager.default.removeItem(atPath: path)
            }
            let found = try mirror.verify("--publication")
            #expect(found.exitCode == 2, "\(found)")
            #expect(found.report.objects("findings").map { $0.text("path") } == ["web/\(name)"])
            #expect(try mirror.verify("--publication", "--repair").exitCode == 8)
            #expect(try mirror.verify("--publication").exitCode == 0)
        }
        #expect(good != (try mirror.contents(name)))
        try mirror.configure("signing-key", "\"\(other)\"")
        #expect(try mirror.verify("--publication").exitCode == 2)
        #expect(try mirror.sync().exitCode == 0)
        #expect(try mirror.verify("--publication").exitCode == 0)
        try mirror.configure("signing-key", "\"\(key)\"")
        #expect(try mirror.run("publish").exitCode == 0)
        #expect(try mirror.verify("--publication").exitCode == 0)
    }

    @Test(
        "A key that cannot be used, or is open to others, stops every command that would publish",
        arguments: ["open", "gone", "none"]
    )
    func unusable(what: String) throws {
        let (mirror, key) = try signed()
        switch what {
        case "open": #expect(chmod(key, 0o640) == 0)
        case "gone": try FileManager.default.removeItem(atPath: key)
        default: try "-----BEGIN PRIVATE KEY-----\n".write(toFile: key, atomically: false, encoding: .utf8)
        }
        upstream.publish(try .good(5))
        for arguments in [["sync"], ["publish"], ["block", "good-01"], ["rollback"], ["snapshot", "create", "x"]] {
            let result = try mirror.run(arguments: arguments)
            #expect(result.exitCode == 64 && result.errors.contains(key), "\(result)")
        }
        #expect(
            try !String(contentsOfFile: mirror.root.appending("blocked.txt").string, encoding: .utf8).contains(
                "good-01"
            )
        )
        #expect(try mirror.listedProjects().count == 3)
        #expect(try mirror.run("status").exitCode == 0)
    }

    @Test("Keys are never overwritten, and only their owner reads them")
    func keygen() throws {
        let folder = try TemporaryFolder()
        let key = folder.path.appending("a.key").string
        #expect(try Larder.run(["keygen", key]).exitCode == 0)
        let attributes = try FileManager.default.attributesOfItem(atPath: key)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        let before = try Data(contentsOf: URL(fileURLWithPath: key))
        let again = try Larder.run(["keygen", key])
        #expect(again.exitCode == 64 && again.errors.contains("never overwritten"), "\(again)")
        try FileManager.default.removeItem(atPath: key)
        #expect(try Larder.run(["keygen", key]).exitCode == 64)
        #expect(!FileManager.default.fileExists(atPath: key) && !before.isEmpty)
        #expect(try Larder.run(["keygen", folder.path.appending("no/such.key").string]).exitCode == 74)
    }
}
