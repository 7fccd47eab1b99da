import TestSupport
import Testing

extension TestMirror {
    /// A mirror of eight projects that are as they should be, synced once; what fails is not tried again.
    static func ofGoodProjects(from upstream: ScriptedUpstream) throws -> TestMirror {
        upstream.publish(try .good(8))
        let mirror = try TestMirror(of: upstream.url, configuration: ["retries": "0"])
        let result = try mirror.sync()
        try #require(result.exitCode == 0, "\(result)")
        return mirror
    }
}
