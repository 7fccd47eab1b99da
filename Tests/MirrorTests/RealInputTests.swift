import Foundation
import SystemPackage
import TestSupport
import Testing

/// Real projects from the index that pip on this machine is configured for.
@Suite(
    "Real projects",
    .enabled(if: NginxServer.program != nil, "nginx is not installed"),
    .enabled(if: RealIndex.answers, "the index that pip is configured for does not answer")
)
struct RealInputTests {
    private static let whole = ["six", "idna"]
    private static let newest = ["certifi", "urllib3", "charset-normalizer", "requests", "markupsafe"]

    @Test("All releases of two, and the newest two of five, are mirrored, verified, served and installed")
    func mirrored() throws {
        let own = ProcessInfo.processInfo.environment.filter { $0.key != "LARDER_ROOT" }
        let whole = try TestMirror(of: "pip", projects: Self.whole, environment: own)
        let newest = try TestMirror(
            of: "pip",
            projects: Self.newest,
            environment: own,
            configuration: ["latest": "2"]
        )
        for mirror in [whole, newest] { try expectMirrored(mirror) }
        for name in Self.whole { #expect(try whole.filenames(name).count > 20, "\(name)") }
        for name in Self.newest {
            let versions = Set(
                try newest.filenames(name).map { filename in
                    let stem = filename.hasSuffix(".tar.gz") ? String(filename.dropLast(7)) : filename
                    return stem.split(separator: "-").dropFirst().first.map(String.init) ?? ""
                }
            )
            #expect(versions.count == 2, "\(name): \(versions.sorted())")
        }

        // One mirror with all that is to be installed, fed from the same index.
        #expect(try newest.run("add", "idna").exitCode == 0)
        #expect(try newest.sync().exitCode == 0)
        let served = try ServedIndex(newest)
        let imports = Self.newest.map { $0.replacing("-", with: "_") } + ["idna"]
        let program = "import \(imports.joined(separator: ", ")); print(requests.__version__)"
        let outputs = try served.install(["requests", "markupsafe"], andRun: program)
        #expect(outputs.count == Python.installers.count && Set(outputs).count == 1)
        let six = try ServedIndex(whole)
        let versions = try six.install(Self.whole, andRun: "import six, idna; print(six.__version__)")
        #expect(versions.count == outputs.count && Set(versions).count == 1)
        for (index, name) in [(served, "the newest two"), (six, "all releases")] {
            let (wheels, sidecars) = try index.checkSidecars()
            print("\(name): \(wheels) wheels, \(sidecars) with a sidecar, each equal to its METADATA")
        }
        print(
            "installed requests \(outputs[0].dropLast()), six \(versions[0].dropLast()), with digests required, by pip"
        )
        print(Python.uv == nil ? "uv is not to be had here; not tried" : "and the same by uv")
    }

    private func expectMirrored(_ mirror: TestMirror) throws {
        let result = try mirror.sync()
        #expect(result.exitCode == 0, "\(result.report.failures.count) failures")
        for failure in result.report.failures { Issue.record("\(failure.text("project") ?? "")") }
        let report = result.report
        let verification = try mirror.verify()
        #expect(verification.exitCode == 0)
        #expect(verification.report.int("checked.bytes") == report.int("bytes.downloaded"))
        let numbers = [
            "projects.changed", "files.downloaded", "bytes.downloaded", "requests.metadata", "requests.files",
        ]
        let counts = numbers.map { "\($0) \(report.int($0) ?? -1)" }.joined(separator: ", ")
        print("real projects: \(counts); verified \(verification.report.int("checked.objects") ?? -1) objects")
        for name in try mirror.listedProjects() {
            let files = try mirror.page(name).objects("files")
            print("  \(name): \(files.count) files, \(files.reduce(0) { $0 + ($1.int("size") ?? 0) }) bytes")
        }
    }
}

/// The index that pip on this machine is configured for, wherever that is.
enum RealIndex {
    /// Whether it answers at all, asked by pip itself.
    static let answers: Bool = {
        guard let environment = Python.environment else { return false }
        let ask = [
            "-m", "pip", "--disable-pip-version-check", "--retries", "1", "--timeout", "20", "index", "versions", "six",
        ]
        let own = ProcessInfo.processInfo.environment
        return (try? Python.run(environment.appending("bin/python"), ask, environment: own)) != nil
    }()
}
