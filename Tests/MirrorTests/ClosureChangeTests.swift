import DemoUpstream
import Foundation
import TestSupport
import Testing

/// Closures over files whose bytes upstream changed, or names no digest of.
@Suite("Closures and changed digests") struct ClosureChangeTests: ClosureSuite {
    let upstream = ScriptedUpstream()

    @Test("Where a changed digest is refused, the file of before is what is followed", arguments: [nil, "7d"])
    func refused(minimumAge: String?) throws {
        let app = try project("app", ("1.0", ["lib"]))
        let lib = try project("lib", ("1.0", ["old-leaf"]))
        let leaves = [try project("old-leaf", ("1.0", [])), try project("new-leaf", ("1.0", []))]
        let mirror = try mirror([app, lib] + leaves, of: ["app"])
        if let minimumAge { try mirror.configure("minimum-age", "\"\(minimumAge)\"") }
        _ = try synced(mirror)
        #expect(try mirror.listedProjects() == ["app", "lib", "old-leaf"])

        var changed = try project("lib", ("1.0", ["new-leaf"]))
        changed.files[0].uploadTime = ISO8601DateFormatter().string(from: Date())
        upstream.publish([app, changed] + leaves)
        for _ in 0..<2 {
            let report = try synced(mirror, exitCode: 3)
            #expect(report.failures.map { $0.text("project") } == ["lib"], "\(report.failures)")
            #expect(report.texts("warnings").isEmpty, "\(report.texts("warnings"))")
            #expect(try mirror.listedProjects() == ["app", "lib", "old-leaf"])
            #expect(try mirror.filenames("lib").count == 1)
        }
        #expect(try mirror.verify().exitCode == 0)
        // Once it is accepted, what it needs now comes; where it has to age, nobody has it until then, which is told.
        let accepted = try synced(mirror, "--accept-change", "lib")
        #expect(try mirror.listedProjects() == (minimumAge == nil ? ["app", "lib", "new-leaf"] : ["app"]))
        let told = accepted.texts("warnings").filter {
            $0.hasPrefix("lib: no release can be had, needed by app 1.0 in ")
        }
        #expect(told.map { $0.contains("minimum-age") } == (minimumAge == nil ? [] : [true]), "\(told)")
    }
}
