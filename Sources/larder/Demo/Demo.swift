import Configuration
import DemoUpstream
internal import Digest
import FileIO
import JSON
import Mirror
import Packaging
internal import Publication
import SystemPackage

/// The main job on a small scale, told step by step.
struct Demo {
    /// A file that marks a folder as one of a demo, so that no other is ever removed.
    private static let marker = ".larder-demo"

    private let folder: FilePath
    private let output: OutputOptions
    private let fileSystem = POSIXFileSystem()
    private var upstream: DemoUpstream
    private var reports: [SyncReport] = []
    private var findings = 0
    private var installed: [String] = []

    init(folder: FilePath, output: OutputOptions) {
        self.folder = folder
        self.output = output
        upstream = DemoUpstream(root: folder.appending("upstream"))
    }

    private var root: FilePath { folder.appending("mirror") }

    /// Plays all steps.
    ///
    /// - Returns: `partial` when pip could not be shown.
    /// - Throws: ``MirrorError`` when a step failed that needs nothing but this program.
    mutating func play() async throws -> Outcome {
        try prepare()
        try await mirrorUpstream()
        try await followChanges()
        let hasInstalled = install()
        tell("")
        tell("Where to look: \(root)")
        tell("  web/simple/            what a web server serves: `larder layout nginx --root \(root)`")
        tell("  web/index.html         the same for people: open it in a browser")
        tell("  objects/  records/     the packages by SHA-256, and what upstream said of them")
        tell("  larder status --root \(root)")
        return hasInstalled ? .complete : .partial
    }

    /// Writes the members of the report.
    func write(to writer: inout JSONWriter) {
        writer.member("root", root.string)
        writer.member("upstream", upstream.simpleURL)
        writer.arrayMember("syncs", of: reports) { writer, report in writer.object { report.write(to: &$0) } }
        writer.member("findings", findings)
        writer.arrayMember("installed", of: installed) { $0.string($1) }
    }

    private mutating func prepare() throws {
        try makeFolder()
        tell("1. An upstream: \(upstream.root)")
        try upstream.create()
        tell("   \(upstream.projects.count) projects of real wheels and source distributions, with their dependencies")
    }

    /// Makes the folder anew when it is one of an earlier demo.
    private func makeFolder() throws(MirrorError) {
        do throws(FileError) {
            let isThere = try fileSystem.exists(folder)
            let isOurs = try fileSystem.exists(folder.appending(Self.marker))
            if isThere, !isOurs {
                throw FileError(operation: "mkdir", path: folder, errno: .fileExists)
            }
            if isThere { try fileSystem.removeTree(folder) }
            try fileSystem.makeDirectories(folder)
            try fileSystem.replace(folder.appending(Self.marker), with: [])
        } catch {
            guard error.errno == .fileExists else { throw .file(error) }
            throw .usage("\(folder) exists and is not the folder of a demo; name another one")
        }
    }

    private mutating func mirrorUpstream() async throws {
        tell("2. A mirror of all of it: larder init \(root) --upstream \(upstream.simpleURL) --all")
        let url = try IndexURL(upstream.simpleURL)
        var template = ConfigurationTemplate(url: url)
        template.selectsAll = true
        let blueprint = MirrorBlueprint(
            configuration: template.render(),
            projects: ProjectList(),
            secret: UpstreamSecret()
        )
        try blueprint.make(at: root)
        tell("3. larder sync")
        try await sync()
        tell("4. larder verify")
        try await verify()
    }

    private mutating func followChanges() async throws {
        tell("5. The upstream changes:")
        for change in DemoUpstream.story { tell("   \(change.story)") }
        try upstream.apply(DemoUpstream.story)
        tell("6. larder sync, and larder verify")
        try await sync()
        try await verify()
    }

    private mutating func sync() async throws {
        let report = try await open().sync()
        reports.append(report)
        tell(
            "   \(Quantity.of(report.projects.changed, "project")) changed, \(report.projects.unchanged) unchanged, "
                + "\(report.projects.removed) taken off; \(Quantity.of(report.files.downloaded, "file")) downloaded in "
                + "\(Quantity.duration(report.seconds)), each checked"
        )
        for failure in report.failures { tell("   failed: \(failure)") }
        if let generation = report.generation {
            tell("   generation \(generation.number) is live, tree \(generation.treeDigest.hex.prefix(16))")
        }
        guard report.outcome == .complete else { throw MirrorError.library("the demo's sync was not complete") }
    }

    private mutating func verify() async throws {
        let report = try await open().verify(VerifyOptions())
        findings += report.findings.count
        tell(
            "   \(Quantity.of(report.checkedObjects, "check")) of objects, every link and page: "
                + (report.foundCount == 0 ? "all is well" : Quantity.of(report.foundCount, "finding"))
        )
        guard report.findings.isEmpty else { throw MirrorError.library("the demo's mirror has findings") }
    }

    private func open() throws(MirrorError) -> MirrorRoot {
        try MirrorRoot(at: root, logger: output.logger)
    }

    /// Installs the demo's program from the mirror.
    ///
    /// - Returns: Whether there was a Python to do it with.
    private mutating func install() -> Bool {
        let index = root.appending("web/simple").folderURL
        tell("7. pip install \(DemoUpstream.application) --index-url \(index)")
        let trial = PipTrial(folder: folder.appending("venv"), index: index)
        do throws(PipTrial.Failure) {
            installed = try trial.install([DemoUpstream.application, DemoUpstream.sourceOnly])
            let lines = try trial.run(command: DemoUpstream.application)
            tell("   installed \(installed.count) projects, checked against the mirror's digests")
            for line in lines { tell("   > \(line)") }
            return true
        } catch {
            tell("   not shown: \(error)")
            Console.error("larder demo: pip could not be shown: \(error)")
            return false
        }
    }

    private func tell(_ line: String) {
        guard !output.json, !output.quiet else { return }
        Console.print(line)
    }
}

extension DemoUpstream.Change {
    /// The change in words.
    var story: String {
        switch self {
        case .release(let distribution): "a new release, \(distribution.name) \(distribution.version)"
        case .yank(let project, let version, let reason): "\(project) \(version) is yanked: \(reason)"
        case .unyank(let project, let version): "\(project) \(version) is no longer yanked"
        case .removeRelease(let project, let version): "\(project) \(version) disappears"
        case .removeProject(let project): "the project \(project) disappears"
        }
    }
}
