import DemoUpstream
import SystemPackage
import TestSupport
import Testing

/// A mirror of a project that needs another one, whose newest releases are not for everybody.
struct ClientFixture {
    let upstream = ScriptedUpstream()
    let folder: TemporaryFolder
    let mirror: TestMirror
    /// What everybody takes, with digests.
    let requirements: FilePath
    /// The digests of what everybody takes.
    let digests: [String]

    /// A program of Python that prints what `versions` names.
    static let program = "import app, lib; print(app.__version__, lib.__version__, end='')"
    /// The releases that everybody takes.
    static let versions = "1.0 1.0"

    init() throws {
        folder = try TemporaryFolder()
        let app = try ScriptedProject("app", [.init(version: "1.0", requires: ["lib"])])
        var lib = try ScriptedProject("lib", versions: ["1.0", "2.0"])
        lib.files[1].isYanked = true
        let later = Distribution(name: "lib", version: "3.0", requiresPython: ">=99", kinds: [.wheel])
        lib.files.append(
            try .init(filename: later.wheelFilename, bytes: later.wheel(), metadata: later.metadata())
        )
        lib.files[2].requiresPython = later.requiresPython
        upstream.publish([app, lib])
        mirror = try TestMirror(of: upstream.url, configuration: ["retries": "0"])
        let result = try mirror.sync()
        try #require(result.exitCode == 0, "\(result)")
        digests = [app, lib].map(\.files[0].claimedDigest)
        let pins = zip(["app", "lib"], digests).map { "\($0)==1.0 --hash=sha256:\($1)\n" }
        requirements = try folder.write("requirements.txt", pins.joined())
    }

    /// The names of the files that somebody got, as a server's requests tell.
    static func files(_ requests: [String]) -> Set<String> {
        let paths = requests.filter { $0.hasPrefix("20") }.compactMap { $0.split(separator: " ").dropFirst().first }
        return Set(paths.compactMap { $0.split(separator: "/").last.map(String.init) })
    }
}
