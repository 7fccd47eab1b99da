import SystemPackage
import TestSupport
import Testing

@Suite("The demonstration") struct DemoTests {
    @Test("It runs to its end, twice in the same folder", .enabled(if: Python.environment != nil, "there is no Python"))
    func twice() throws {
        let folder = try TemporaryFolder()
        let place = folder.path.appending("a demo").string
        for _ in 0..<2 {
            let result = try Larder.run(["demo", place, "--json"])
            #expect(result.exitCode == 0, "\(result)")
            #expect(result.report.text("outcome") == "complete")
            let syncs = result.report.objects("syncs")
            #expect(syncs.count == 2)
            #expect(syncs.first?.int("projects.changed") == 40)
            // The story of the demo: a release, a yank, and a project that disappears.
            #expect(syncs.last?.int("projects.changed") == 2)
            #expect(syncs.last?.int("projects.removed") == 1)
            #expect(result.report.int("findings") == 0)
            #expect(result.report.texts("installed").count > 17)
        }
    }

    @Test("A folder that is not a demo's is left alone")
    func foreignFolder() throws {
        let folder = try TemporaryFolder()
        try folder.write("mine/notes", "mine")
        let before = try FileTree(folder.path)
        #expect(try Larder.run(["demo", folder.path.appending("mine").string]).exitCode == 64)
        #expect(try FileTree(folder.path) == before)
    }
}
