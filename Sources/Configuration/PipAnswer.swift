internal import ChildProcess
internal import FoundationEssentials
internal import SystemPackage

/// What the script prints that asks pip.
struct PipAnswer: Decodable {
    let problem: String?
    let version: String?
    let index: String?
    let extraIndexes: [String]?
    let noIndex: Bool?
    let cert: String?
    let clientCert: String?
    let proxy: String?
    let trustedHosts: [String]?

    /// Asks pip for the defaults of `pip download`, which it makes of its environment, files and built-in values.
    ///
    /// pip has no stable interface for this; `pip config list` leaves out the built-in values. The modules used are
    /// there since pip 19.3. What lies in the current folder is not imported, and the answer is the last line, as
    /// start-up files may print.
    private static let script = """
        import sys
        sys.path[:] = [entry for entry in sys.path if entry]
        import json, os
        def answer(**values):
            sys.stdout.flush()
            print()
            print(json.dumps(values))
            sys.exit(0)
        try:
            import pip
            from pip._internal.commands import create_command
        except Exception as error:
            answer(problem="%s: %s" % (type(error).__name__, error))
        options = create_command("download").parser.get_default_values()
        def texts(name):
            value = getattr(options, name, None)
            values = value if isinstance(value, (list, tuple)) else [value]
            return [str(value) for value in values if value]
        def text(name):
            return (texts(name) + [None])[0]
        def path(name, *variables):
            value = text(name) or ([os.environ[v] for v in variables if os.environ.get(v)] + [None])[0]
            return os.path.abspath(os.path.expanduser(value)) if value else None
        answer(
            version=pip.__version__, index=text("index_url"), extraIndexes=texts("extra_index_urls"),
            noIndex=bool(getattr(options, "no_index", False)), proxy=text("proxy"),
            cert=path("cert", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"), clientCert=path("client_cert"),
            trustedHosts=texts("trusted_hosts"),
        )
        """

    /// Runs one Python.
    static func ask(
        _ interpreter: FilePath,
        _ environment: [String: String],
        _ timeout: Duration
    ) throws(PipDiscoveryError) -> PipAnswer {
        let run: ChildProcess
        do {
            // What is meant for Larder, credentials among it, is no business of pip's.
            var environment = environment.filter { !$0.key.hasPrefix("LARDER_") }
            environment["PYTHONIOENCODING"] = "utf-8"
            run = try ChildProcess(
                interpreter,
                ["-c", script],
                environment: environment,
                limit: 1 << 20,
                timeout: timeout
            )
        } catch {
            switch error {
            case .cannotStart(let number): throw .cannotRun(interpreter, "\(number)")
            case .timedOut: throw .timedOut(interpreter)
            case .tooMuchOutput: throw .badAnswer(interpreter, "more than 1 MiB")
            }
        }
        guard run.exitCode == 0 else {
            let how = run.exitCode.map { "exit code \($0)" } ?? "ended by a signal"
            throw .pipFailed(interpreter, lastLine(of: run.errors) ?? how)
        }
        let line = run.output.split(separator: UInt8(ascii: "\n")).last ?? []
        let answer: PipAnswer
        do {
            answer = try JSONDecoder().decode(PipAnswer.self, from: Data(line))
        } catch {
            throw .badAnswer(interpreter, "no JSON")
        }
        if let problem = answer.problem { throw .noPip(interpreter, printable(problem)) }
        return answer
    }

    /// Checks the answer, and splits the credentials off.
    func configuration(from interpreter: FilePath) throws(PipDiscoveryError) -> PipConfiguration {
        guard noIndex != true else { throw .noIndex }
        guard let index, let version else { throw .badAnswer(interpreter, "no index") }
        var secret = UpstreamSecret()
        let url: IndexURL
        var plainProxy: String?
        do throws(IndexURLError) {
            let (plain, credentials) = try IndexURL.separatingCredentials(from: index)
            url = plain
            secret = credentials ?? secret
            if var proxy {
                // requests takes a proxy without a scheme as one that speaks HTTP.
                if !proxy.contains("://") { proxy = "http://\(proxy)" }
                if try proxyHoldsCredentials(proxy) { secret.proxy = Secret(proxy) } else { plainProxy = proxy }
            }
        } catch {
            throw .unusableIndex(error)
        }
        return PipConfiguration(
            index: url,
            secret: secret.isEmpty ? nil : secret,
            extraIndexes: (extraIndexes ?? []).map {
                (try? IndexURL.separatingCredentials(from: $0).url.text) ?? quoted($0)
            },
            caFile: cert.map { FilePath($0) },
            clientCertificate: clientCert.map { FilePath($0) },
            proxy: plainProxy,
            trustedHosts: trustedHosts ?? [],
            version: version,
            interpreter: interpreter
        )
    }

    private static func lastLine(of bytes: [UInt8]) -> String? {
        let text = String(decoding: bytes, as: UTF8.self)
        return text.split(whereSeparator: \.isNewline).last { !$0.allSatisfy(\.isWhitespace) }.map {
            printable(String($0))
        }
    }

    private static func printable(_ text: String) -> String {
        String(text.unicodeScalars.prefix(300).map { $0.properties.generalCategory == .control ? " " : Character($0) })
    }
}
