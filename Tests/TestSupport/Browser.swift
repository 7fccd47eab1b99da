import Foundation
import SystemPackage

/// A Chromium without a window, driven by WebDriver (W3C) and Chromium's own commands; it ends with the value.
package final class Browser: Sendable {
    /// The browser said that something is wrong.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// Whether the browser and its driver are here.
    package static let isInstalled = ["chromium", "chromedriver"].allSatisfy { (try? LoopbackProgram.find($0)) != nil }

    private let running: LoopbackProgram
    private let home: String
    private let session: String

    /// Starts one.
    ///
    /// - Throws: `Failure`, or `LoopbackProgram.Failure` when it does not start.
    package init() throws {
        let driver = try LoopbackProgram.find("chromedriver")
        let home = try Self.makeHome()
        self.home = home
        let errors = FilePath(home).appending("errors")
        do {
            running = try LoopbackProgram(errors: errors) { ports in
                try BackgroundProgram(
                    [driver, "--port=\(ports[0])"],
                    environment: ["PATH": "/usr/bin:/bin", "HOME": home, "TMPDIR": home, "LC_ALL": "C.UTF-8"],
                    errors: errors
                )
            }
        } catch {
            try? FileManager.default.removeItem(atPath: home)
            throw error
        }
        // Root has no sandbox; what it opens here is a test's own.
        let options: [String: Any] = [
            "args": [
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
                "--no-first-run",
            ]
        ]
        let wanted: [String: Any] = [
            "goog:chromeOptions": options, "goog:loggingPrefs": ["browser": "ALL", "performance": "ALL"],
        ]
        do {
            let made = try Self.call(running, "POST", "/session", ["capabilities": ["alwaysMatch": wanted]])
            guard let id = (made as? [String: Any])?["sessionId"] as? String else {
                throw Failure(description: "no session")
            }
            session = "/session/\(id)"
        } catch {
            running.program.stop()
            try? FileManager.default.removeItem(atPath: home)
            throw error
        }
    }

    /// Makes a folder with a short name: Chromium makes a socket in a folder in it, and the path of a socket has to be
    /// shorter than 108 bytes (unix(7)).
    private static func makeHome() throws -> String {
        var template = Array((NSTemporaryDirectory() + "/b.XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else { throw Failure(description: "there is no room for a browser") }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        _ = try? Self.call(running, "DELETE", session)
        running.program.stop()
        try? FileManager.default.removeItem(atPath: home)
    }

    /// Opens a page, and waits until it is loaded.
    package func open(_ url: String) throws { try call("/url", ["url": url]) }

    /// Runs a script in the page.
    ///
    /// - Parameters:
    ///   - script: The body of a function; a promise that it returns is waited for.
    ///   - arguments: Its arguments.
    /// - Returns: What it returns.
    /// - Throws: `Failure`.
    @discardableResult
    package func run(_ script: String, _ arguments: Any...) throws -> Any? {
        try call("/execute/sync", ["script": script, "args": arguments])
    }

    /// What a script returns as texts.
    package func texts(_ script: String) throws -> [String] { try run(script) as? [String] ?? [] }

    /// What a script returns as text.
    package func text(_ script: String) throws -> String { try run(script) as? String ?? "" }

    /// Types keys where the focus is.
    package func type(_ keys: String) throws {
        let actions = keys.flatMap { key in
            ["keyDown", "keyUp"].map { ["type": $0, "value": String(key)] }
        }
        try call("/actions", ["actions": [["type": "key", "id": "keyboard", "actions": actions]]])
    }

    /// Has the page seen at a width, light or dark.
    package func look(width: Int, isDark: Bool) throws {
        let scheme = ["name": "prefers-color-scheme", "value": isDark ? "dark" : "light"]
        try order("Emulation.setEmulatedMedia", ["features": [scheme]])
        let size: [String: Any] = ["width": width, "height": 800, "deviceScaleFactor": 1, "mobile": false]
        try order("Emulation.setDeviceMetricsOverride", size)
    }

    /// What the console said since it was asked the last time.
    package func consoleLines() throws -> [String] {
        try log("browser").compactMap { $0["message"] as? String }
    }

    /// The URLs that pages asked for since this was asked the last time.
    package func requests() throws -> [String] {
        try log("performance").compactMap { entry in
            guard let text = entry["message"] as? String,
                let event = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any],
                let message = event["message"] as? [String: Any],
                message["method"] as? String == "Network.requestWillBeSent",
                let request = (message["params"] as? [String: Any])?["request"] as? [String: Any]
            else { return nil }
            return request["url"] as? String
        }
    }

    private func log(_ kind: String) throws -> [[String: Any]] {
        try call("/se/log", ["type": kind]) as? [[String: Any]] ?? []
    }

    private func order(_ command: String, _ parameters: [String: Any]) throws {
        try call("/goog/cdp/execute", ["cmd": command, "params": parameters])
    }

    @discardableResult
    private func call(_ path: String, _ body: [String: Any]) throws -> Any? {
        try Self.call(running, "POST", session + path, body)
    }

    private static func call(
        _ running: LoopbackProgram,
        _ method: String,
        _ path: String,
        _ body: [String: Any] = [:]
    ) throws -> Any? {
        let bytes = Array(try JSONSerialization.data(withJSONObject: body))
        let fields = [
            "Host": "127.0.0.1:\(running.ports[0])", "Content-Type": "application/json",
            "Content-Length": "\(bytes.count)",
        ]
        let answer = try exchange(running.ports[0], method, path, fields, body: bytes)
        let object = try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any]
        guard answer.status == 200 else { throw Failure(description: answer.text) }
        return object?["value"]
    }
}
