import ArgumentParser
import Configuration
import FileIO
import HTTPServer
internal import JSON
import Layouts
import Mirror
import Scheduling
import ServedTree
import SystemPackage

/// The command `larder serve`.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve the published tree over HTTP, as the web servers of the layouts do.",
        discussion: """
            Publications are seen at once. SIGTERM or Ctrl-C ends it: answers that are on their way are sent first. For \
            TLS, and where thousands of clients ask at a time, put a web server before it, or in its place: see \
            `larder layout`.

              larder serve
              larder serve --on-demand --refresh-after 10m
              larder serve --listen 0.0.0.0:80 --access-log /var/log/larder/access.log
            """
    )

    @Option(
        name: .long,
        help: ArgumentHelp("Where to listen; port 0 takes one that is free.", valueName: "host:port")
    )
    var listen = "127.0.0.1:8080"

    @Flag(name: .long, help: "Fetch files that are not here when somebody asks for them; see [select] files.")
    var onDemand = false

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Ask upstream again for pages that somebody asks for, when they are older than this: 10m, 1h.",
            valueName: "time"
        )
    )
    var refreshAfter: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Write requests down in this file instead of standard output; it may be moved away meanwhile.",
            valueName: "file"
        )
    )
    var accessLog: String?

    @Option(
        name: .long,
        help: "How many threads serve connections (default: as many as there are processors, at least 2)."
    )
    var threads: Int?

    @OptionGroup var global: GlobalOptions

    func validate() throws {
        if let threads, !(1...256).contains(threads) { throw ValidationError("--threads is from 1 to 256") }
        if ListenAddress(listen) == nil {
            throw ValidationError("'\(listen)' is no place to listen at; write it as 127.0.0.1:8080 or [::1]:8080")
        }
        _ = try refreshAge
    }

    func run() async throws {
        let command = self
        try await CommandRun.run("serve", global.output) { try await command.serve() }
    }

    private func serve() async throws -> ExitCode {
        guard let address = ListenAddress(listen) else { return .usage }
        let start = ContinuousClock.now
        let root = try global.root()
        let tree = ServedTree(root: try DocumentRoot.path(of: root), contentPolicy: Layout.contentPolicy)
        let age = try refreshAge
        let (files, refresh) = try await changing(age)
        let (log, counts) = (try openLog(), Locked(Counts()))
        defer { log?.end() }
        let server: HTTPServer
        do {
            server = try await HTTPServer(
                on: address,
                threads: threads ?? max(2, Clock.processorCount),
                record: { record in
                    counts.withLock { $0.add(record) }
                    log?.add(record)
                },
                respond: MirrorResponder(tree: tree, files: files, refresh: refresh).respond
            )
        } catch let failure as HTTPServer.Failure {
            Console.error("larder serve: \(failure)")
            return .disk
        }
        if !global.output.quiet { Console.error("larder serve: \(root) is at http://\(server.address)/simple/") }
        let refreshing = Task.detached { await refresh?.run() }
        while !Task.isCancelled { try? await Task.sleep(for: .seconds(3_600)) }
        refreshing.cancel()
        await server.stop(within: .seconds(30)) { await files?.shutdown() }
        await refreshing.value
        if global.output.json {
            let (counts, seconds) = (counts.withLock { $0 }, (ContinuousClock.now - start).inSeconds)
            Console.report("serve", outcome: "complete", seconds: seconds) { writer in
                writer.member("requests", counts.requests)
                writer.member("bytes", counts.bytes)
                writer.member("failed", counts.failed)
                if let refresh { writer.member("refreshed", refresh.refreshedCount) }
            }
        }
        return .success
    }

    /// After how long pages are asked for again; `nil` for never.
    private var refreshAge: Duration? {
        get throws {
            guard let refreshAfter else { return nil }
            do {
                let age = try Duration(configuration: refreshAfter)
                if age >= .seconds(1) { return age }
            } catch {
                throw ValidationError("--refresh-after: \(error)")
            }
            throw ValidationError("--refresh-after is 1s or longer")
        }
    }

    /// What changes the mirror while it is served; nothing without options.
    private func changing(_ age: Duration?) async throws(MirrorError) -> (OnDemandFiles?, PageRefresh?) {
        guard onDemand || age != nil else { return (nil, nil) }
        let global = global
        let served = try await ServedMirror { () async throws(MirrorError) in try await global.mirror() }
        let files = onDemand ? try await OnDemandFiles(of: served) : nil
        guard let age else { return (files, nil) }
        return (files, await PageRefresh(of: served, after: age))
    }

    private struct Counts {
        var requests = 0
        var bytes: UInt64 = 0
        var failed = 0

        mutating func add(_ record: AccessRecord) {
            requests += 1
            bytes += record.bytes
            if record.status >= 500 { failed += 1 }
        }
    }

    /// Where requests are written down; `nil` for nowhere.
    private func openLog() throws(MirrorError) -> AccessLog? {
        if accessLog == nil, global.output.quiet || global.output.json { return nil }
        do throws(FileError) {
            return try AccessLog(path: accessLog.map { absolute($0) })
        } catch {
            throw .file(error)
        }
    }
}
