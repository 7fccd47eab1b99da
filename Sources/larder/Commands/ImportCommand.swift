import ArgumentParser
import Bundle
internal import Digest
internal import FileIO
import JSON
import Minisign
import Mirror
import Packaging
import Publication
import Scheduling
import SystemPackage

/// The command `larder import`.
struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Bring the mirror to what a bundle leads to.",
        discussion: """
            Signature, number, base and room are looked at first; then volumes are read, in any order and from media that \
            cannot be written. Nothing changes before all of the bundle is here and checked, and then readers see all of \
            it at once. Volumes that are done are kept, so that an import goes on where it was.

              larder import /media/disk --trust release.key.pub
              larder import /media/cdrom --wait
              larder import /media/disk --dry-run
            """
    )

    @Argument(help: "Folders with files of the bundle, or such files.")
    var sources: [String] = []

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Trust this public key, from now on: a file, or the key itself (repeatable).",
            valueName: "key"
        )
    )
    var trust: [String] = []

    @Flag(name: .long, help: "Take a bundle that nobody signed.")
    var allowUnsigned = false

    @Flag(name: .long, help: "Take a bundle of another mirror than before, if it carries everything.")
    var acceptOtherMirror = false

    @Flag(name: .long, help: "Ask for the next medium while volumes are missing.")
    var wait = false

    @Flag(name: .long, help: "Give up the import that was begun and is not finished.")
    var discard = false

    @Flag(name: .long, help: "Only tell what would come and go.")
    var dryRun = false

    @OptionGroup var global: GlobalOptions

    func validate() throws {
        if discard, !sources.isEmpty || dryRun { throw ValidationError("--discard stands alone") }
    }

    func run() async throws {
        let command = self
        try await CommandRun.run("import", global.output) {
            command.discard ? try await command.giveUp() : try await command.bringIn()
        }
    }

    private func bringIn() async throws -> ExitCode {
        var options = ImportOptions(sources.map { absolute($0) })
        options.trusted = try trust.map(key)
        options.allowsUnsigned = allowUnsigned
        options.acceptsOtherMirror = acceptOtherMirror
        options.isDryRun = dryRun
        if wait { options.nextMedium = ask }
        guard let mirror = try await global.rebuiltMirror("import") else { return .interrupted }
        let progress = BundleProgress()
        let report = try await ProgressDisplay(global.output) { progress.snapshot.line(after: $0, isImport: true) }
            .shown { () async throws(MirrorError) in try await mirror.importBundle(options, progress: progress) }
        tell(report)
        return report.outcome.exitCode
    }

    /// The key that an argument names.
    private func key(_ text: String) throws -> VerifyingKey {
        let path = absolute(text)
        var found = text
        if let bytes = try? POSIXFileSystem().contents(of: path, limit: 1 << 16) {
            found = String(decoding: bytes, as: UTF8.self)
        }
        do throws(SigningError) {
            return try VerifyingKey(found)
        } catch {
            throw ValidationError("--trust \(text): \(error)")
        }
    }

    private func giveUp() async throws -> ExitCode {
        let start = ContinuousClock.now
        let end = try await global.mirror().discardImport()
        if global.output.json {
            Console.report("import", outcome: "complete", seconds: (ContinuousClock.now - start).inSeconds) { writer in
                switch end {
                case .nothing: writer.member("discarded", String?.none)
                case .discarded(let bundle): writer.member("discarded", bundle.id)
                case .settled(let bundle): writer.member("settled", bundle.id)
                }
            }
        } else if !global.output.quiet {
            switch end {
            case .nothing: Console.print("no import was begun")
            case .discarded(let bundle): Console.print("gave up the import of bundle \(bundle.id)")
            case .settled(let bundle):
                Console.print(
                    "bundle \(bundle.id) was proven already, and has its place now; `larder publish` shows it to readers"
                )
            }
        }
        return .success
    }

    private func tell(_ report: ImportReport) {
        let bundle = report.bundle
        if global.output.json {
            Console.report("import", outcome: report.outcome.rawValue, seconds: report.seconds) { writer in
                writer.member("bundle", bundle.id)
                writer.member("sequence", bundle.sequence)
                writer.member("mirror", bundle.mirror)
                writer.arrayMember("signers", of: report.signers) { $0.string($1) }
                writer.member("known", report.isKnown)
                writer.member("changed", report.changedCount)
                writer.member("removed", report.removedCount)
                writer.objectMember("names") { writer in
                    writer.arrayMember("changed", of: report.changed) { $0.string($1.normalized) }
                    writer.arrayMember("removed", of: report.removed) { $0.string($1.normalized) }
                }
                writer.member("objects", report.objects)
                writer.member("bytes", report.bytes)
                writer.member("bundleTreeDigest", bundle.treeDigest.hex)
                if let generation = report.generation {
                    writer.member("generation", generation.number)
                    writer.member("treeDigest", generation.treeDigest.hex)
                }
                writer.member("held", report.held)
                writer.arrayMember("failures", of: report.failures) { $1.write(to: &$0) }
                if report.isDryRun { writer.member("dryRun", true) }
            }
            return
        }
        for failure in report.failures { Console.error("larder import: \(failure)") }
        guard !global.output.quiet else { return }
        if report.isKnown {
            return Console.print("bundle \(bundle.id), number \(bundle.sequence), is imported already")
        }
        let what = [
            "\(Quantity.of(report.changedCount, "project")) changed", "\(report.removedCount) gone",
            Quantity.of(Int(clamping: report.objects), "object"), Quantity.bytes(report.bytes),
        ].joined(separator: ", ")
        guard !report.isDryRun else {
            for name in report.changed { Console.print("+ \(name)") }
            for name in report.removed { Console.print("- \(name)") }
            return Console.print("bundle \(bundle.id) would bring: \(what)")
        }
        Console.print("bundle \(bundle.id), number \(bundle.sequence): \(what)")
        guard let generation = report.generation else { return }
        if let held = report.held {
            return Console.print("readers are held at generation \(held); `larder publish` shows it to them")
        }
        let isSame = generation.treeDigest == bundle.treeDigest
        let reason =
            report.failures.isEmpty
            ? "since something is blocked here, or lacks since it was (`larder have` lists what is here)"
            : "since not all of it is here"
        Console.print(
            "generation \(generation.number), tree digest \(generation.treeDigest)"
                + (isSame ? ", as where it was made" : "; where it was made \(bundle.treeDigest), \(reason)")
        )
    }
}

/// Asks on the terminal for the next medium; an empty input gives up.
@Sendable private func ask(_ missing: [String]) async -> Bool {
    let names = missing.prefix(5).joined(separator: ", ") + (missing.count > 5 ? ", …" : "")
    Console.error("larder import: insert the medium with \(names) and press Enter, or end the input to stop")
    let interruption = Interruption()
    return await interruption.whenCancelled {
        // It waits for a person, and so on a thread of its own.
        await WorkerPool(name: "larder-ask", threadCount: 1).run {
            while !interruption.isRequested {
                if Console.hasInput(within: 200) { return readLine() != nil }
            }
            return false
        }
    }
}
