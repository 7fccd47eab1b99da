import ArgumentParser
import Bundle
import Configuration
internal import Digest
internal import FileIO
import JSON
import Mirror
import SystemPackage

/// The command `larder export`.
struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Carry what readers see into a bundle, for a network that has no other way in.",
        discussion: """
            FOLDER gets bundle.json, its signature, a list of projects, and volumes: tar archives with a manifest each, \
            which sha256sum and tar can check as well. Every object is hashed on the way; a bundle with damage in it is \
            never finished. An export that is cut off goes on when it is run again with the same options.

              larder export /media/disk --sign release.key
              larder export /media/disk --since last --sign release.key --volume-size bd25
              larder export /media/disk --have inventory.jsonl --sign release.key

            Volumes of one size go onto media of that size, each with its manifest; README.txt says which of them share \
            the first one with the other files.
            """
    )

    @Argument(help: "The folder of the bundle: new, or empty, or with what an export that was cut off left.")
    var folder: String

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Carry what changed since a bundle (its name, or `last`) or since a generation (its number).",
            valueName: "bundle|generation"
        )
    )
    var since: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Carry what an inventory lacks, which `larder have` made on the other side.",
            valueName: "file"
        )
    )
    var have: String?

    @Option(
        name: .long,
        help: "The room on a medium: 4GB, 700MiB, or fat32, dvd, bd25, bd50, bd100.",
        transform: { try roomOnMedium($0) }
    )
    var volumeSize: VolumeSize?

    @Option(name: .long, help: "Sign with this secret key, which `larder keygen` made (repeatable).")
    var sign: [String] = []

    @Option(
        name: .long,
        help: "After this time nobody is to import the bundle any more: 30d, 12h.",
        transform: { try quantity($0, Duration.init(configuration:)) }
    )
    var expires: Duration?

    @Flag(
        name: .long,
        help: "First download the files that are to come when somebody asks for them; else they stay here."
    )
    var fill = false

    @Flag(name: .long, help: "Only tell what would be carried.")
    var dryRun = false

    @OptionGroup var global: GlobalOptions

    func validate() throws {
        if fill, dryRun { throw ValidationError("--fill downloads; `larder sync --fill --dry-run` tells what") }
        if since != nil, have != nil { throw ValidationError("--since and --have both say what is there; give one") }
    }

    func run() async throws {
        let command = self
        try await CommandRun.run("export", global.output) { try await command.export() }
    }

    private func export() async throws -> ExitCode {
        var options = ExportOptions(to: absolute(folder))
        if let since { options.base = .since(since) }
        if let have { options.base = .inventory(absolute(have)) }
        if let volumeSize { options.volumeSize = volumeSize }
        options.keys = sign.map { absolute($0) }
        options.lifetime = expires?.components.seconds
        options.isDryRun = dryRun
        let mirror = try await global.mirror()
        let filled = try await filled(mirror)
        guard filled?.outcome != .interrupted else { return .interrupted }
        let progress = BundleProgress()
        var report = try await ProgressDisplay(global.output) { progress.snapshot.line(after: $0, isImport: false) }
            .shown { () async throws(MirrorError) in try await mirror.export(options, progress: progress) }
        // What could not be had is not in the bundle, which is one all the same.
        let missing = filled?.failures ?? []
        tell(report, missing)
        if report.outcome == .complete, !missing.isEmpty { report.outcome = .partial }
        return report.outcome.exitCode
    }

    /// Downloads what is to be carried and is not here; `nil` where that is not asked for.
    private func filled(_ mirror: MirrorRoot) async throws -> SyncReport? {
        guard fill else { return nil }
        var options = SyncOptions()
        options.files = .fill
        let progress = SyncProgress()
        return try await ProgressDisplay(global.output) { progress.snapshot.line(after: $0) }
            .shown { () async throws(MirrorError) in try await mirror.sync(options, progress: progress) }
    }

    private func tell(_ report: ExportReport, _ missing: [Failure]) {
        let bundle = report.bundle
        if global.output.json {
            let outcome = report.outcome == .complete && !missing.isEmpty ? .partial : report.outcome
            Console.report("export", outcome: outcome.rawValue, seconds: report.seconds) { writer in
                writer.member("bundle", bundle.id)
                bundle.tell(to: &writer)
                writer.member("changed", report.changed)
                writer.member("removed", report.removed)
                writer.member("objects", report.objects)
                writer.member("bytes", report.bytes)
                writer.objectMember("left") { writer in
                    writer.member("projects", report.left.projects)
                    writer.member("files", report.left.files)
                }
                writer.member("volumes", report.volumes)
                writer.member("kept", report.kept)
                writer.arrayMember("media", of: report.media) { writer, files in
                    writer.array { for file in files { $0.string(file) } }
                }
                writer.arrayMember("signers", of: report.signers) { $0.string($1) }
                writer.arrayMember("failures", of: missing + report.failures) { $1.write(to: &$0) }
                if report.isDryRun { writer.member("dryRun", true) }
            }
        } else {
            for failure in missing + report.failures { Console.error("larder export: \(failure)") }
            guard !global.output.quiet || !report.failures.isEmpty else { return }
            let what = [
                Quantity.of(report.changed, "project"), Quantity.of(Int(clamping: report.objects), "object"),
                Quantity.bytes(report.bytes),
            ].joined(separator: ", ")
            guard report.failures.isEmpty else {
                return Console.error("larder export: there is no bundle, since what readers see is damaged")
            }
            if report.left.files > 0 {
                Console.print(
                    "\(Quantity.of(report.left.files, "file")) of \(Quantity.of(report.left.projects, "project")) are had on "
                        + "demand and are not carried; --fill downloads them first"
                )
            }
            if report.isDryRun {
                Console.print("would carry \(what), and \(Quantity.of(report.removed, "project")) that are gone")
                return
            }
            let after = bundle.base.map { "on from \($0.words)" } ?? "carrying everything"
            Console.print(
                "bundle \(bundle.id), number \(bundle.sequence), \(after): \(what) in \(report.volumes) volumes"
            )
            if report.kept > 0 { Console.print("\(Quantity.of(report.kept, "volume")) were there already") }
            if report.media.count > 1 {
                Console.print("\(report.media.count) media; \(BundleFiles.readme) says what goes onto each")
            }
            let signers = report.signers.joined(separator: ", ")
            Console.print(report.signers.isEmpty ? "not signed; --sign KEY signs it" : "signed by \(signers)")
        }
    }
}

/// Reads the room on a medium.
@Sendable private func roomOnMedium(_ text: String) throws -> VolumeSize {
    if let preset = VolumeSize(preset: text.lowercased()) { return preset }
    let size = UInt64(clamping: try quantity(text, ByteCount.init(configuration:)).bytes)
    guard size >= VolumeSize.least else {
        throw ValidationError("a volume of \(size) bytes is too small; \(VolumeSize.least) are the least")
    }
    return .bytes(size)
}

extension BundleDescription {
    /// Writes what it is as members of a report.
    func tell(to writer: inout JSONWriter) {
        writer.member("sequence", sequence)
        writer.member("mirror", mirror)
        if let base { writer.objectMember("base") { base.write(to: &$0) } }
        writer.member("generation", generation)
        writer.member("treeDigest", treeDigest.hex)
    }
}
