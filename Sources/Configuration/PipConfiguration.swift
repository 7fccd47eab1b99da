internal import FoundationEssentials
internal import Glibc
package import SystemPackage

/// The index that pip on this machine is configured to use, as pip itself reads its files and environment.
package struct PipConfiguration: Hashable, Sendable {
    /// `index-url`, without credentials.
    package var index: IndexURL

    /// The credentials of the index and of the proxy; `nil` where there are none.
    package var secret: UpstreamSecret?

    /// `extra-index-url`, which a mirror does not follow, without credentials: to be told to people.
    package var extraIndexes: [String]

    /// `cert`, or what requests would fall back to: `REQUESTS_CA_BUNDLE`, then `CURL_CA_BUNDLE`.
    package var caFile: FilePath?

    /// `client-cert`, one file with certificate and key.
    package var clientCertificate: FilePath?

    /// `proxy`, without credentials; `nil` where there is none, or where `secret` holds it.
    package var proxy: String?

    /// `trusted-host`: hosts, with or without a port, whose certificates pip does not check.
    package var trustedHosts: [String]

    /// The version of pip.
    package var version: String

    /// The Python that answered.
    package var interpreter: FilePath

    /// Whether pip does not check the certificate of the index.
    package var trustsIndex: Bool {
        guard let host = index.host?.lowercased(), index.scheme == .https else { return false }
        let withPort = "\(host):\(index.port ?? 443)"
        return trustedHosts.contains { [host, withPort].contains($0.lowercased()) }
    }

    /// Asks pip.
    ///
    /// The Python of `LARDER_PYTHON` is asked, else the first of `python3` and `python` on `PATH` that has pip, else
    /// the one that runs `pip3` or `pip`. It may take a second or two, and blocks the thread.
    ///
    /// - Parameters:
    ///   - environment: The environment for pip, which is also where `PATH` is taken from.
    ///   - timeout: The most that one Python may take.
    /// - Returns: What pip would use for `pip download`.
    /// - Throws: `PipDiscoveryError`.
    package static func discover(
        environment: [String: String] = ProcessInfo.processInfo.environment,
        timeout: Duration = .seconds(60)
    ) throws(PipDiscoveryError) -> PipConfiguration {
        var failure = PipDiscoveryError.noPython
        for interpreter in try interpreters(environment) {
            do throws(PipDiscoveryError) {
                return try PipAnswer.ask(interpreter, environment, timeout).configuration(from: interpreter)
            } catch {
                guard case .noPip = error else { throw error }
                failure = error
            }
        }
        throw failure
    }

    private static func interpreters(_ environment: [String: String]) throws(PipDiscoveryError) -> [FilePath] {
        let folders = (environment["PATH"] ?? "").split(separator: ":").filter { $0.hasPrefix("/") }
        func program(_ name: String) -> FilePath? {
            folders.lazy.map { FilePath(String($0)).appending(name) }.first { access($0.string, X_OK) == 0 }
        }
        if let chosen = environment["LARDER_PYTHON"], !chosen.isEmpty {
            guard let path = chosen.contains("/") ? FilePath(chosen) : program(chosen) else {
                throw .cannotRun(FilePath(chosen), "no such program on PATH")
            }
            return [path]
        }
        return ["python3", "python"].compactMap(program)
            + ["pip3", "pip"].compactMap(program).compactMap(scriptInterpreter)
    }

    /// The Python in the first line of a script.
    private static func scriptInterpreter(_ script: FilePath) -> FilePath? {
        guard let descriptor = try? FileDescriptor.open(script, .readOnly, options: .closeOnExec) else { return nil }
        defer { try? descriptor.close() }
        var bytes = [UInt8](repeating: 0, count: 512)
        guard let count = try? bytes.withUnsafeMutableBytes({ try descriptor.read(into: $0) }) else { return nil }
        let line = bytes[..<count].prefix { $0 != UInt8(ascii: "\n") }
        guard line.starts(with: "#!/".utf8) else { return nil }
        let path = FilePath(String(decoding: line.dropFirst(2).prefix { $0 != UInt8(ascii: " ") }, as: UTF8.self))
        return path.lastComponent?.string.hasPrefix("python") ?? false ? path : nil
    }
}

/// Why pip's configuration is not known.
///
/// Each says what to do; giving `init` a URL always works.
package enum PipDiscoveryError: Error, Equatable, CustomStringConvertible {
    /// No Python on `PATH`.
    case noPython

    /// A Python without pip, or with one too old to be asked.
    case noPip(FilePath, String)

    /// A Python that does not run.
    case cannotRun(FilePath, String)

    /// pip refused its own configuration, or broke; its last words.
    case pipFailed(FilePath, String)

    /// No answer in time.
    case timedOut(FilePath)

    /// An answer that is not understood.
    case badAnswer(FilePath, String)

    /// pip is configured for no index at all.
    case noIndex

    /// pip is configured for an index that cannot be an upstream.
    case unusableIndex(IndexURLError)

    package var description: String {
        let url = "give init --upstream the URL of an index instead"
        return switch self {
        case .noPython:
            "cannot ask pip for its index: no python3 on PATH; install python3-pip, or \(url)"
        case .noPip(let python, let detail):
            "cannot ask pip for its index: \(python) has no pip that answers (\(detail)); install python3-pip, set "
                + "LARDER_PYTHON to a Python that has it, or \(url)"
        case .cannotRun(let python, let detail):
            "cannot ask pip for its index: cannot run \(python): \(detail); set LARDER_PYTHON to "
                + "another Python, or \(url)"
        case .pipFailed(let python, let detail):
            "pip of \(python) cannot read its configuration: \(detail); put it right (pip config list), or \(url)"
        case .timedOut(let python):
            "cannot ask pip for its index: \(python) gave no answer in time; set LARDER_PYTHON to "
                + "another Python, or \(url)"
        case .badAnswer(let python, let detail):
            "cannot ask pip for its index: \(python) gave an answer that is not understood (\(detail)); \(url)"
        case .noIndex:
            "pip is configured to use no index (no-index); \(url)"
        case .unusableIndex(let error):
            "the index that pip uses cannot be mirrored: \(error.description); \(url)"
        }
    }
}
