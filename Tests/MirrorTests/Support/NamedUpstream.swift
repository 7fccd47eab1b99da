import Foundation
import SystemPackage

/// One `[[upstream]]` of a configuration.
struct NamedUpstream {
    let name: String
    let url: String
    /// The patterns that it claims; `nil` to leave them out.
    var projects: [String]?
    /// Further lines.
    var settings = ""

    var text: String {
        let claims = projects.map { "projects = [\($0.map { "\"\($0)\"" }.joined(separator: ", "))]\n" } ?? ""
        return "[[upstream]]\nname = \"\(name)\"\nurl = \"\(url)\"\n\(claims)\(settings)\n"
    }
}

extension TestMirror {
    /// Makes a mirror with several upstreams.
    ///
    /// - Parameters:
    ///   - upstreams: The upstreams in their order.
    ///   - projects: The projects that are selected in `projects.txt`; all when it is empty.
    ///   - environment: The environment of every command.
    /// - Throws: What keeps the mirror from being made.
    convenience init(
        of upstreams: [NamedUpstream],
        projects: [String] = [],
        environment: [String: String] = Larder.environment
    ) throws {
        try self.init(of: upstreams.first?.url ?? "", projects: projects, environment: environment)
        try setUpstreams(upstreams, selectingAll: projects.isEmpty)
    }

    /// Writes `larder.toml` anew.
    func setUpstreams(_ upstreams: [NamedUpstream], selectingAll: Bool, _ rest: String = "") throws {
        let selection = selectingAll ? "[select]\nprojects = [\"*\"]\n" : ""
        let text = upstreams.map(\.text).joined(separator: "\n") + "\n" + selection + rest
        try text.write(toFile: root.appending("larder.toml").string, atomically: true, encoding: .utf8)
    }
}
