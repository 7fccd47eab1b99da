import ChildProcess
import Foundation

/// What a run of `larder` printed, and how it ended.
struct CommandResult {
    let exitCode: Int?
    let output: String
    let errors: String

    /// The report that `--json` prints; empty when standard output is not exactly one JSON object.
    var report: Report {
        let object = try? JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any]
        return Report(object: object ?? [:])
    }
}

extension CommandResult: CustomStringConvertible {
    var description: String { "exit code \(exitCode.map(String.init) ?? "none, a signal"): \(output)\(errors)" }
}

/// A JSON object, read by paths of keys such as `requests.files`.
struct Report {
    let object: [String: Any]

    private func value(_ path: String) -> Any? {
        var value: Any? = object
        for key in path.split(separator: ".") { value = (value as? [String: Any])?[String(key)] }
        return value
    }

    /// Whether there is a value, which may be null.
    func has(_ path: String) -> Bool { value(path) != nil }

    func int(_ path: String) -> Int? { value(path) as? Int }

    func text(_ path: String) -> String? { value(path) as? String }

    func texts(_ path: String) -> [String] { value(path) as? [String] ?? [] }

    func lists(_ path: String) -> [[String]] { value(path) as? [[String]] ?? [] }

    func objects(_ path: String) -> [Report] {
        (value(path) as? [[String: Any]] ?? []).map { Report(object: $0) }
    }

    /// The failures of a sync.
    var failures: [Report] { objects("failures") }

    /// The failures of one project.
    func failures(of project: String) -> [Report] { failures.filter { $0.text("project") == project } }
}

extension CommandResult {
    /// What became of a program that ended.
    init(_ child: ChildProcess) {
        exitCode = child.exitCode
        output = String(decoding: child.output, as: UTF8.self)
        errors = String(decoding: child.errors, as: UTF8.self)
    }
}
