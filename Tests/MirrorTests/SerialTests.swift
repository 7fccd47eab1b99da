import Foundation
import Logging
import Mirror
import SystemPackage
import TestSupport
import Testing

/// What the root list promises holds from run to run (I7, I15).
@Suite("Serials") struct SerialTests {
    private let upstream = ScriptedUpstream()

    @Test("A page that stays behind the list is a failure in every run, until its serial comes")
    func deferredEachTime() throws {
        let projects = try ["late", "prompt"].map { try ScriptedProject($0) }
        upstream.publish(projects)
        upstream.list(projects, serials: ["late": 9])
        let mirror = try TestMirror(of: upstream.url)
        for run in 1...2 {
            let result = try mirror.sync()
            #expect(result.exitCode == 3, "run \(run): \(result)")
            #expect(result.report.int("projects.deferred") == 1, "run \(run)")
        }
        let byName = try mirror.sync("late")
        #expect(byName.exitCode == 0, "\(byName)")
        let after = try mirror.sync()
        #expect(after.exitCode == 3, "asked by name, the page still was behind: \(after)")

        var late = try ScriptedProject("late")
        late.serial = 9
        upstream.publish(late)
        let repaired = try mirror.sync()
        #expect(repaired.exitCode == 0, "\(repaired)")
        #expect(try mirror.filenames("late") == ["late-1.0-py3-none-any.whl"])
    }

    @Test("A page of which a cache has a newer copy in another encoding is had in that")
    func otherEncoding() throws {
        let old = try ScriptedProject("cached")
        let new = try ScriptedProject("cached", versions: ["1.0", "2.0"]).stating(serial: 7)
        upstream.publish([new])
        var page = old.page
        page.identityBody = new.page.body
        upstream.set("/simple/cached/", page)
        let mirror = try TestMirror(of: upstream.url)
        let result = try mirror.sync()
        #expect(result.exitCode == 0, "\(result)")
        #expect(try mirror.filenames("cached").count == 2)
    }

    @Test("A page is taken with a warning once it has waited for its serial as long as the configuration says")
    func acceptedStale() throws {
        let project = try ScriptedProject("late")
        upstream.publish([project])
        upstream.list([project], serials: ["late": 9])
        let mirror = try TestMirror(of: upstream.url, configuration: ["accept-stale-after": "\"1s\""])
        #expect(try mirror.sync().exitCode == 3)
        sleep(2)
        let second = try mirror.sync()
        #expect(second.exitCode == 0, "\(second)")
        #expect(second.report.texts("warnings").joined().contains("page of serial 1, though 9"))
        #expect(try mirror.filenames("late").count == 1)
    }

    @Test("A page that lost all its files is not believed at once, and neither is an empty list")
    func implausible() throws {
        let good = try ScriptedProject("good", versions: ["1.0", "2.0"])
        var bare = good.stating(serial: 2)
        bare.files = []
        upstream.publish([good])
        let mirror = try TestMirror(of: upstream.url)
        #expect(try mirror.sync().exitCode == 0)
        upstream.publish([bare])
        for _ in 1...2 {
            let result = try mirror.sync()
            #expect(result.exitCode == 3 && result.report.int("projects.deferred") == 1, "\(result)")
            #expect(result.report.failures(of: "good").first?.text("reason")?.contains("none of its 2 files") == true)
            #expect(try mirror.filenames("good").count == 2)
        }
        // A spurious change, which upstream takes back.
        upstream.publish([good.stating(serial: 3)])
        #expect(try mirror.sync().exitCode == 0)
        upstream.list([])
        let empty = try mirror.sync()
        #expect(empty.exitCode == 3 && empty.report.failures.count == 1, "\(empty)")
        #expect(try mirror.listedProjects() == ["good"])
        bare.serial = 4
        upstream.publish([bare])
        #expect(try mirror.sync("--accept-removals").exitCode == 0)
        #expect(try mirror.filenames("good").isEmpty)
        #expect(try mirror.sync().exitCode == 0)
    }

    @Test("A page that stays empty is believed in the end")
    func emptyForLong() throws {
        var good = try ScriptedProject("good")
        upstream.publish([good])
        let mirror = try TestMirror(of: upstream.url, configuration: ["accept-stale-after": "\"1s\""])
        #expect(try mirror.sync().exitCode == 0)
        good.files = []
        good.serial = 2
        upstream.publish([good])
        #expect(try mirror.sync().exitCode == 3)
        sleep(2)
        let second = try mirror.sync()
        #expect(second.exitCode == 0, "\(second)")
        #expect(try mirror.filenames("good").isEmpty)
    }

    @Test("That a page was behind for long is no reason to believe that it lost its files")
    func staleThenEmpty() throws {
        var project = try ScriptedProject("late")
        upstream.publish([project])
        upstream.list([project], serials: ["late": 9])
        let mirror = try TestMirror(of: upstream.url, configuration: ["accept-stale-after": "\"1s\""])
        #expect(try mirror.sync().exitCode == 3)
        sleep(2)
        #expect(try mirror.sync().exitCode == 0)
        project.files = []
        project.serial = 10
        upstream.publish([project])
        let empty = try mirror.sync()
        #expect(empty.exitCode == 3, "\(empty)")
        #expect(try mirror.filenames("late").count == 1)
        sleep(2)
        #expect(try mirror.sync().exitCode == 0)
        #expect(try mirror.filenames("late").isEmpty)
    }

    @Test("With no patience at all, what is behind is taken at once") func noPatience() throws {
        let project = try ScriptedProject("late")
        upstream.publish([project])
        upstream.list([project], serials: ["late": 9])
        let mirror = try TestMirror(of: upstream.url, configuration: ["accept-stale-after": "\"0s\""])
        let result = try mirror.sync()
        #expect(result.exitCode == 0, "\(result)")
        #expect(try mirror.filenames("late").count == 1)
    }

    @Test("What moves no serial is seen within the time that the configuration says")
    func revalidation() async throws {
        var project = try ScriptedProject("quiet")
        upstream.publish([project])
        let mirror = try TestMirror(of: upstream.url, configuration: ["revalidation": "\"2h\""])
        #expect(try mirror.sync().exitCode == 0)
        project.files[0].isYanked = true
        upstream.publish([project])
        #expect(try mirror.sync().exitCode == 0)
        let now = Clock.now()
        let later = try MirrorRoot(at: mirror.root, logger: Logger(label: "test")) { now + 7_300 }
        #expect(try await later.sync().outcome == .complete)
        #expect(try mirror.page("quiet").objects("files").first?.has("yanked") == true)
    }

    @Test("A page that a cache calls unchanged is asked for anew when the list promises more")
    func unchangedButPromised() throws {
        let project = try ScriptedProject("cached")
        upstream.publish([project])
        let mirror = try TestMirror(of: upstream.url)
        #expect(try mirror.sync().exitCode == 0)
        // The page stays as it is, so that its tag still matches.
        upstream.list([project], serials: ["cached": 5])
        let second = try mirror.sync()
        #expect(second.exitCode == 3, "\(second)")
        #expect(second.report.int("projects.deferred") == 1)
    }
}

/// Files of the mirror that are gone.
@Suite("Lost files") struct LostFileTests {
    private let upstream = ScriptedUpstream()

    @Test("A lost index is made anew by a sync, to the same tree")
    func lostIndex() throws {
        upstream.publish(try .good(5))
        let mirror = try TestMirror(of: upstream.url)
        let first = try mirror.sync()
        #expect(first.exitCode == 0, "\(first)")
        try FileManager.default.removeItem(atPath: mirror.root.appending("index").string)
        let second = try mirror.sync()
        #expect(second.exitCode == 0, "\(second)")
        #expect(second.report.text("treeDigest") == first.report.text("treeDigest"))
        let verification = try mirror.verify()
        #expect(verification.exitCode == 0, "\(verification)")
    }

    @Test("A lost list of projects is an error, and takes nothing off")
    func lostProjectList() throws {
        upstream.publish(try .good(2))
        let mirror = try TestMirror(of: upstream.url, projects: ["good-00"])
        let first = try mirror.sync()
        #expect(first.exitCode == 0 || first.exitCode == 3, "\(first)")
        let listed = try mirror.listedProjects()
        try FileManager.default.removeItem(atPath: mirror.root.appending("projects.txt").string)
        let second = try mirror.sync()
        #expect(second.exitCode == 64, "\(second)")
        #expect(try mirror.listedProjects() == listed)
    }

    @Test("A name that upstream never had leaves no trace in a mirror of everything")
    func slipOfTheHand() throws {
        upstream.publish(try .good(2))
        let mirror = try TestMirror(of: upstream.url)
        #expect(try mirror.sync().exitCode == 0)
        #expect(try mirror.sync("no-such-project").exitCode == 3)
        let after = try mirror.sync()
        #expect(after.exitCode == 0, "\(after)")
        #expect(try mirror.run("status", "--json").report.int("lag.projects") == 0)
    }
}
