import Foundation
import SystemPackage
import TestSupport
import Testing

/// Mirrors of several upstreams: the patterns alone say where a project comes from.
@Suite("Several upstreams") struct SeveralUpstreamTests {
    private let company = ScriptedUpstream()
    private let index = ScriptedUpstream()

    private var both: [NamedUpstream] {
        [
            NamedUpstream(name: "company", url: company.url, projects: ["company-*", "tool"]),
            NamedUpstream(name: "public", url: index.url),
        ]
    }

    private func paths(_ upstream: ScriptedUpstream) -> Set<String> { Set(upstream.requestedPaths) }

    @Test("Each project is had from the upstream that claims it")
    func claims() throws {
        company.publish(try ["company-one", "tool"].map { try ScriptedProject($0) })
        index.publish(try ["six", "idna"].map { try ScriptedProject($0) })
        let mirror = try TestMirror(of: both, projects: ["company-one", "tool", "six"])
        let sync = try mirror.sync()
        #expect(sync.exitCode == 0, "\(sync)")
        #expect(try mirror.listedProjects().sorted() == ["company-one", "six", "tool"])
        #expect(paths(index).filter { $0.hasPrefix("/simple/") } == ["/simple/six/"])
        #expect(!paths(company).contains("/simple/six/"))
        let hosts = sync.report.object["transfer"].flatMap { ($0 as? [String: Any])?["hosts"] as? [String: Any] }
        #expect(Set((hosts ?? [:]).keys) == [company.origin, index.origin])

        let why = try mirror.run("why", "tool", "--json").report
        #expect(why.text("upstream") == "company" && why.text("pattern") == "tool")
        let list = try mirror.run("list", "--json").report.objects("projects")
        #expect(list.compactMap { $0.text("upstream") } == ["company", "public", "company"])
        let status = try mirror.run("status", "--json").report.objects("upstreams")
        #expect(status.map { $0.text("name") } == ["company", "public"])
        #expect(status.map { $0.texts("projects") } == [["company-*", "tool"], ["*"]])
    }

    @Test("An upstream that offers a higher version of what another one claims is never asked for it")
    func confusion() throws {
        company.publish([try ScriptedProject("company-one")])
        let evil = try ScriptedProject("company-one", versions: ["99.0"])
        index.publish([evil, try ScriptedProject("six")])
        for selection in [[], ["company-one", "six"]] {
            let mirror = try TestMirror(of: both, projects: selection)
            let sync = try mirror.sync("-v")
            #expect(sync.exitCode == 0, "\(sync)")
            #expect(try mirror.filenames("company-one") == ["company-one-1.0-py3-none-any.whl"].map(underscored))
            if selection.isEmpty {
                #expect(sync.errors.contains("public lists 1 projects that upstreams before it claim, as company-one"))
                let told = sync.report.objects("upstreams")
                #expect(told.map { $0.int("listed") } == [1, 1])
                #expect(told.map { $0.int("shadowed") } == [0, 1])
                #expect(told.last?.texts("shadowedNames") == ["company-one"])
                // No upstream has a project that is called so.
                let idle = "[[upstream]] projects (larder.toml:4): 'tool' matches no project"
                #expect(sync.report.texts("warnings") == [idle])
            }
        }
        // Nor when the claiming one does not have it any more.
        company.remove("/simple/company-one/")
        company.list([])
        let mirror = try TestMirror(of: both, projects: ["company-one", "six"])
        let sync = try mirror.sync()
        #expect(sync.exitCode == 3, "\(sync)")
        #expect(try mirror.listedProjects() == ["six"])
        #expect(!paths(index).contains { $0.contains("company") })
    }

    @Test("A project that nobody claims is asked for nowhere, and told by its line")
    func unclaimed() throws {
        company.publish([try ScriptedProject("company-one"), try ScriptedProject("other")])
        index.publish([try ScriptedProject("six"), try ScriptedProject("other")])
        var upstreams = both
        upstreams[1].projects = ["six"]
        let mirror = try TestMirror(of: upstreams, projects: ["company-one", "six", "other"])
        let sync = try mirror.sync()
        #expect(sync.exitCode == 3, "\(sync)")
        let expected = "projects.txt:3: no [[upstream]] claims it; asked for nowhere"
        #expect(sync.report.failures.map { $0.text("reason") } == [expected])
        #expect(try mirror.listedProjects().sorted() == ["company-one", "six"])
        let named = try mirror.sync("other")
        #expect(named.exitCode == 64, "\(named)")
        #expect(try mirror.run("add", "idna").exitCode == 64)
        #expect(try mirror.run("why", "other").output.contains("no [[upstream]] in larder.toml claims it"))

        // Of everything, only what is claimed.
        let all = try TestMirror(of: upstreams)
        let whole = try all.sync()
        #expect(whole.exitCode == 0, "\(whole)")
        #expect(try all.listedProjects().sorted() == ["company-one", "six"])
        #expect(whole.report.int("projects.listed") == 2)
        #expect(!(paths(index).union(paths(company))).contains { $0.hasPrefix("/simple/other") })

        // What is not claimed any more leaves as what is deselected.
        upstreams[0].projects = ["tool"]
        try all.setUpstreams(upstreams, selectingAll: true)
        let smaller = try all.sync()
        #expect(smaller.exitCode == 0, "\(smaller)")
        #expect(try all.listedProjects() == ["six"])
        // What is named stays while the configuration contradicts itself.
        try mirror.setUpstreams(upstreams, selectingAll: false)
        #expect(try mirror.sync().exitCode == 3)
        #expect(try mirror.listedProjects().sorted() == ["company-one", "six"])
    }

    @Test("Lists with serials and lists without are told apart, and each is asked for by its own condition")
    func validators() throws {
        company.publish(try .good(3, prefix: "company"))
        let without = try ["six", "idna"].map { try ScriptedProject($0) }
        for project in without { index.publish(project) }
        index.set(
            "/simple/",
            .json(["meta": ["api-version": "1.0"], "projects": without.map { ["name": $0.name] }])
        )
        let third = ScriptedUpstream()
        let torch = try ScriptedProject("torch")
        third.publish([torch])
        let upstreams = [
            both[0], NamedUpstream(name: "wheels", url: third.url, projects: ["torch*"]), both[1],
        ]
        let mirror = try TestMirror(of: upstreams)
        let first = try mirror.sync()
        #expect(first.exitCode == 0, "\(first)")
        #expect(try mirror.listedProjects().count == 6)
        let counts = [company, third, index].map(\.requests.count)
        let second = try mirror.sync()
        #expect(second.exitCode == 0, "\(second)")
        #expect(second.report.int("projects.changed") == 0)
        // One conditional request for each list with serials; the pages of the other are asked for, each by condition.
        for (upstream, before) in zip([company, third], counts) {
            let new = upstream.requests.dropFirst(before)
            #expect(new.map(\.path) == ["/simple/"])
            #expect(new.allSatisfy { $0.header("If-None-Match") != nil })
        }
        let pages = index.requests.dropFirst(counts[2]).filter { $0.path != "/simple/" }
        #expect(Set(pages.map(\.path)) == ["/simple/six/", "/simple/idna/"])
        #expect(pages.allSatisfy { $0.header("If-None-Match") != nil })
        #expect(second.report.int("requests.notModified") == 4)

        // A list that goes backwards is one upstream's matter, whatever the serials of the others.
        company.publish(try .good(4, prefix: "company").map { $0.stating(serial: 900) })
        #expect(try mirror.sync().exitCode == 0)
        third.publish([torch.stating(serial: 2)])
        let lower = try mirror.sync()
        #expect(lower.exitCode == 0, "\(lower)")
        company.publish(try .good(3, prefix: "company").map { $0.stating(serial: 5) })
        let back = try mirror.sync()
        #expect(back.exitCode == 3, "\(back)")
        #expect(back.report.failures.first?.text("reason")?.contains("went back from 900 to 5") ?? false)
        #expect(try mirror.listedProjects().count == 7)
    }

    @Test("One that does not answer holds up its own projects only")
    func oneDown() throws {
        index.publish(try .good(3))
        let dead = NamedUpstream(
            name: "company",
            url: "http://127.0.0.1:\(ScriptedServer.refusingPort())/simple/",
            projects: ["company-*"],
            settings: "retries = 0\n"
        )
        let names = (0..<40).map { "company-\($0)" }
        let named = try TestMirror(of: [dead, both[1]], projects: names + ["good-00", "good-01"])
        let sync = try named.sync()
        #expect(sync.exitCode == 3, "\(sync)")
        #expect(try named.listedProjects().sorted() == ["good-00", "good-01"])
        #expect(Set(sync.report.failures.compactMap { $0.text("project") }) == Set(names))
        #expect(sync.report.failures.count == 40)
        #expect(sync.report.int("projects.failed") == 40)

        let all = try TestMirror(of: [dead, both[1]])
        let whole = try all.sync()
        #expect(whole.exitCode == 3, "\(whole)")
        #expect(try all.listedProjects().count == 3)
        #expect(whole.report.failures.count == 1)
        #expect(whole.report.failures.first?.text("reason")?.hasPrefix("company shows no list") ?? false)
        // The list of the one that answered is remembered, and asked for by condition.
        let before = index.requests.count
        #expect(try all.sync().exitCode == 3)
        #expect(index.requests.dropFirst(before).map(\.path) == ["/simple/"])

        var none = [dead, dead]
        none[1] = NamedUpstream(name: "public", url: dead.url, settings: dead.settings)
        let hopeless = try TestMirror(of: none)
        let failed = try hopeless.sync()
        #expect(failed.exitCode == 69, "\(failed)")
        #expect(failed.errors.contains("company: ") && failed.errors.contains("public: "), "\(failed)")
        let alone = try TestMirror(of: none, projects: ["company-1", "six"])
        #expect(try alone.sync().exitCode == 69)
    }

    @Test("Projects that were here stay while their upstream does not answer, and go on when it does")
    func outage() throws {
        company.publish(try .good(3, prefix: "company"))
        index.publish(try .good(3))
        let mirror = try TestMirror(of: both)
        #expect(try mirror.sync().exitCode == 0)
        company.set("/simple/", .failing("404 Not Found"))
        let without = try mirror.sync()
        #expect(without.exitCode == 3, "\(without)")
        #expect(without.report.int("projects.failed") == 3)
        #expect(try mirror.listedProjects().count == 6)
        company.publish(try .good(4, prefix: "company"))
        let again = try mirror.sync()
        #expect(again.exitCode == 0, "\(again)")
        #expect(try mirror.listedProjects().count == 7)
    }
}

/// The name of a file, whose project part has underscores.
private func underscored(_ filename: String) -> String {
    let end = filename.firstRange(of: "-1.0")?.lowerBound ?? filename.endIndex
    return filename[..<end].replacingOccurrences(of: "-", with: "_") + filename[end...]
}
