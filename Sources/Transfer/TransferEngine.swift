package import FileIO
package import Logging
internal import Scheduling
internal import Synchronization

/// Downloads, many at once: requests in, verified results out.
///
/// One thread does the networking, a few others compute digests and write files; callers only wait. Requests that find
/// all slots taken wait in queues by class and host; each is a task that awaits its result, so the callers bound their
/// number. A request that waits for its next attempt takes no slot.
package final class TransferEngine: Sendable {
    private let parts: TransferParts
    private let identityOrigins: Set<String>
    private let allowsFTP: Bool
    private let nextID = Atomic<UInt64>(0)

    /// Starts the threads of an engine.
    ///
    /// - Parameters:
    ///   - configuration: How servers are reached.
    ///   - transports: What reads the URLs of further schemes, by the name of the scheme in lower case.
    ///   - fileSystem: Where bodies are written, and where `file://` URLs are read.
    ///   - logger: What hears of repeated attempts; nothing that it hears holds credentials.
    /// - Throws: An error of ``TransferError/Code/configuration`` or ``TransferError/Code/invalidURL`` for settings that
    ///   cannot be used.
    package init(
        configuration: TransferConfiguration,
        transports: [String: any Transport] = [:],
        fileSystem: any FileSystem,
        logger: Logger
    ) throws(TransferError) {
        identityOrigins = try Self.origins(configuration.identityOrigins)
        allowsFTP = configuration.allowsFTP
        let multi: MultiHandle
        do throws(FileError) {
            multi = try MultiHandle(configuration)
        } catch {
            throw TransferError(.local(error), url: "", attempts: 0)
        }
        let first: EasyHandle
        do throws(EasyHandle.Refusal) {
            first = try EasyHandle(configuration, share: multi.share, functions: Exchange.functions)
        } catch {
            throw TransferError(.configuration, url: "", attempts: 0, detail: error.reason)
        }
        let files = FileTransport(roots: FileRoots(roots: configuration.fileRoots, fileSystem: fileSystem))
        parts = TransferParts(
            configuration: configuration,
            fileSystem: fileSystem,
            lanes: (0..<max(1, configuration.receiverThreads)).map { _ in
                WorkerPool(name: "transfer-disk", threadCount: 1)
            },
            chunks: ChunkPool(bytes: configuration.bufferedBytes),
            readers: WorkerPool(name: "transfer-read", threadCount: max(1, configuration.receiverThreads)),
            transports: transports.merging(["file": files]) { given, _ in given },
            commands: CommandQueue(wake: multi.wake),
            budget: BufferBudget(limit: configuration.bufferedBytes)
        )
        let loop = NetworkLoop(configuration, parts: parts, multi: multi, first: first, logger: logger)
        // The loop is given away: nobody but its thread touches it from here on.
        nonisolated(unsafe) let given = loop
        Thread.start(name: "transfer-net") { given.run() }
    }

    deinit {
        shutdown()
    }

    /// Makes a request and waits for its result, through redirects and repeated attempts.
    ///
    /// Cancelling the task ends the request soon with ``TransferError/Code/cancelled``. When the result is a failure, the
    /// file of the request is not there.
    ///
    /// - Parameter request: What to download.
    /// - Returns: The response, of which everything that was expected was checked, or why there is none.
    package func perform(_ request: TransferRequest) async -> Result<TransferResponse, TransferError> {
        let token = newToken()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                submit(request, token) { continuation.resume(returning: $0) }
            }
        } onCancel: {
            cancel(token)
        }
    }

    /// Takes a request back; its result comes soon.
    func cancel(_ token: TransferToken) {
        token.cancel()
        parts.commands.post(.cancel(token.id))
    }

    /// A number for a new request, with which it can be taken back.
    func newToken() -> TransferToken { TransferToken(id: nextID.add(1, ordering: .relaxed).newValue) }

    /// Begins a request.
    ///
    /// - Parameters:
    ///   - request: What to download.
    ///   - token: A new token.
    ///   - completion: Called once with the result, on a thread that must not be made to wait.
    func submit(
        _ request: TransferRequest,
        _ token: TransferToken,
        _ completion: @escaping @Sendable (Result<TransferResponse, TransferError>) -> Void
    ) {
        var urls: [TransferURL] = []
        for text in [request.url] + request.alternatives {
            do throws(TransferError.Code) {
                urls.append(try url(text))
            } catch {
                return completion(.failure(TransferError(error, url: removingUserInfo(text), attempts: 0)))
            }
        }
        let transfer = Transfer(
            request,
            route: TransferRoute(urls, isPage: request.priority == .page),
            token: token,
            identityOrigins: identityOrigins,
            parts: parts,
            completion: completion
        )
        parts.commands.statistics.withLock {
            switch request.priority {
            case .page: $0.pages += 1
            case .file: $0.files += 1
            }
        }
        if case .resumable = request.destination, request.mayHavePart {
            parts.readers.submit { transfer.prepare() }
        } else if !parts.commands.post(.submit(transfer)) {
            transfer.abandon(.cancelled)
        }
    }

    private func url(_ text: String) throws(TransferError.Code) -> TransferURL {
        let url = try TransferURL(text)
        let isKnown =
            switch url.scheme {
            case .http, .https: true
            case .ftp, .ftps: allowsFTP
            case .other(let name): parts.transports[name] != nil
            }
        guard isKnown else { throw .unsupportedScheme(url.scheme.name) }
        return url
    }

    /// Cancels all requests and ends the threads.
    ///
    /// Returns at once; the requests end soon, and later ones end as cancelled.
    package func shutdown() {
        parts.commands.post(.shutdown)
    }

    /// What was done so far.
    package var statistics: TransferStatistics {
        var statistics = parts.commands.statistics.withLock { $0 }
        statistics.peakBufferedBytes = parts.budget.peakBytes
        return statistics
    }

    private static func origins(_ urls: [String]) throws(TransferError) -> Set<String> {
        var origins: Set<String> = []
        for url in urls {
            do throws(TransferError.Code) {
                origins.insert(try TransferURL(url).origin)
            } catch {
                throw TransferError(error, url: removingUserInfo(url), attempts: 0)
            }
        }
        return origins
    }
}
