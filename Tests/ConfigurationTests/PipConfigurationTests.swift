import Configuration
import Foundation
import SystemPackage
import TestSupport
import Testing

/// The environment without what configures pip, and with what a test adds.
private func environment(_ added: [String: String]) -> [String: String] {
    var environment = ProcessInfo.processInfo.environment.filter { name, _ in
        !name.hasPrefix("PIP_") && !name.hasSuffix("_CA_BUNDLE") && !name.hasPrefix("LARDER_")
    }
    // Else the machine's own files are read.
    environment["PIP_CONFIG_FILE"] = "/dev/null"
    environment.merge(added) { $1 }
    return environment
}

/// Whether there is a pip to ask; tests of what it says are skipped without.
private let hasPip: Bool = {
    (try? PipConfiguration.discover(environment: environment(["PIP_INDEX_URL": "https://index.example/"]))) != nil
}()

extension OtherProgramTests {
    @Suite("What pip is configured to use")
    struct PipConfigurationTests {
        @Test("The environment of pip", .enabled(if: hasPip, "no Python with pip on this machine"))
        func variables() throws {
            let pip = try PipConfiguration.discover(
                environment: environment([
                    "PIP_INDEX_URL": "https://me:p%40ss@index.example/root/simple",
                    "PIP_EXTRA_INDEX_URL": "https://u:hunter2@other.example/simple",
                    "PIP_CERT": "/etc/ssl/company.pem",
                    "PIP_CLIENT_CERT": "/etc/ssl/me.pem",
                    "PIP_PROXY": "proxy.example:3128",
                    "PIP_TRUSTED_HOST": "index.example other.example:444",
                ])
            )
            #expect(pip.index.text == "https://index.example/root/simple/")
            #expect(pip.secret == UpstreamSecret(username: "me", password: Secret("p@ss")))
            #expect(pip.extraIndexes == ["https://other.example/simple/"])
            #expect(pip.caFile == "/etc/ssl/company.pem")
            #expect(pip.clientCertificate == "/etc/ssl/me.pem")
            #expect(pip.proxy == "http://proxy.example:3128")
            #expect(pip.trustedHosts == ["index.example", "other.example:444"])
            #expect(pip.trustsIndex)
            #expect(pip.version.contains("."))
        }

        @Test("The configuration file of pip", .enabled(if: hasPip, "no Python with pip on this machine"))
        func file() throws {
            let folder = try TemporaryFolder()
            let file = try folder.write(
                "pip.conf",
                "[global]\nindex-url = https://index.example/simple/\ncert = /etc/company.pem\n"
                    + "proxy = http://u:hunter2@proxy.example:3128\n"
            )
            let pip = try PipConfiguration.discover(
                environment: environment(["PIP_CONFIG_FILE": file.string])
            )
            #expect(pip.index.text == "https://index.example/simple/")
            #expect(pip.proxy == nil)
            #expect(pip.secret == UpstreamSecret(proxy: Secret("http://u:hunter2@proxy.example:3128")))
            #expect(pip.caFile == "/etc/company.pem")
            let configuration = try Configuration.parse(ConfigurationTemplate(pip).render(), file: "larder.toml")
            #expect(configuration.upstream.url == pip.index && configuration.upstream.caFile == pip.caFile)
            #expect(!ConfigurationTemplate(pip).render().contains("hunter2"))
        }

        @Test(
            "Without any configuration, pip's own index is known",
            .enabled(if: hasPip, "no Python with pip on this machine")
        )
        func builtIn() throws {
            let bundles = ["CURL_CA_BUNDLE": "/etc/curl.pem", "REQUESTS_CA_BUNDLE": "/etc/requests.pem"]
            let pip = try PipConfiguration.discover(environment: environment(bundles))
            #expect(pip.index.scheme == .https)
            #expect(pip.caFile == "/etc/requests.pem")
            #expect(!pip.trustsIndex && pip.secret == nil && pip.proxy == nil && pip.extraIndexes.isEmpty)
        }

        @Test("pip without a usable index is told", .enabled(if: hasPip, "no Python with pip on this machine"))
        func unusable() throws {
            #expect(throws: PipDiscoveryError.noIndex) {
                try PipConfiguration.discover(environment: environment(["PIP_NO_INDEX": "1"]))
            }
            do {
                _ = try PipConfiguration.discover(
                    environment: environment(["PIP_INDEX_URL": "u:hunter2@index.example"])
                )
                Issue.record("accepted")
            } catch {
                #expect(
                    error.description.hasPrefix(
                        "the index that pip uses cannot be mirrored: '…@index.example' has no scheme"
                    )
                )
            }
            let folder = try TemporaryFolder()
            let broken = try folder.write("pip.conf", "index-url\n")
            do {
                _ = try PipConfiguration.discover(environment: environment(["PIP_CONFIG_FILE": broken.string]))
                Issue.record("accepted")
            } catch {
                guard case .pipFailed = error else {
                    Issue.record("\(error)")
                    return
                }
                #expect(!error.description.contains("\n"))
            }
        }

        @Test("Without a Python, people are told what to do")
        func noPython() {
            #expect(throws: PipDiscoveryError.noPython) {
                try PipConfiguration.discover(environment: ["PATH": "/nonexistent"])
            }
            #expect(
                PipDiscoveryError.noPython.description.contains("install python3-pip, or give init --upstream the URL")
            )
        }

        @Test("A Python that misbehaves is a typed error, and is not waited for")
        func misbehaving() throws {
            let folder = try TemporaryFolder()
            func discover(
                _ script: String,
                timeout: Duration = .seconds(30)
            ) throws(PipDiscoveryError) -> PipConfiguration {
                let python = folder.path.appending("python3")
                do {
                    try folder.write("python3", "#!/bin/sh\n\(script)\n", mode: 0o755)
                } catch {
                    Issue.record("\(error)")
                }
                return try PipConfiguration.discover(
                    environment: ["PATH": "/usr/bin:/bin", "LARDER_PYTHON": python.string],
                    timeout: timeout
                )
            }
            let python = folder.path.appending("python3")
            #expect(throws: PipDiscoveryError.badAnswer(python, "no JSON")) { try discover("echo hello") }
            #expect(throws: PipDiscoveryError.badAnswer(python, "no index")) { try discover("echo '{}'") }
            #expect(throws: PipDiscoveryError.badAnswer(python, "more than 1 MiB")) { try discover("exec yes") }
            #expect(throws: PipDiscoveryError.pipFailed(python, "it broke")) {
                try discover("echo it broke >&2; exit 3")
            }
            #expect(throws: PipDiscoveryError.pipFailed(python, "ended by a signal")) { try discover("kill -9 $$") }
            #expect(throws: PipDiscoveryError.noPip(python, "too old")) {
                try discover("echo '{\"problem\": \"too old\"}'")
            }
            // The grandchild holds the pipe open: only ending the whole group ends the wait.
            #expect(throws: PipDiscoveryError.timedOut(python)) {
                try discover("sleep 600 & wait", timeout: .seconds(1))
            }
            #expect(throws: PipDiscoveryError.cannotRun("/nonexistent/python3", "No such file or directory")) {
                try PipConfiguration.discover(environment: ["LARDER_PYTHON": "/nonexistent/python3"])
            }
        }
    }
}
