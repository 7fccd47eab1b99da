import Packaging
import RegularExpression
import Selection
import SimpleIndex
import Testing

@Suite("What is needed by what is selected") struct ClosureSolverTests {
    typealias Release = ClosureWorld.Release

    @Test("A chain is followed to the newest that satisfies, and each thing is asked for once")
    func chain() throws {
        var world = ClosureWorld([
            "app": [Release(version: "1.0", requires: ["old"]), Release(version: "2.0", requires: ["web>=1,<3"])],
            "web": ["1.0", "2.5", "3.0"].map { Release(version: $0, requires: ["Text_Kit"]) },
            "text-kit": [Release(version: "0.9"), Release(version: "1.0rc1")],
            "old": [Release(version: "1")],
        ])
        let found = try world.closure(.newest, of: ["app"])
        #expect(found.kept == ["app 2.0", "text-kit 0.9", "web 2.5"])
        #expect(found.notes == [])
        #expect(world.questions == ["app", "app 2.0", "web", "web 2.5", "text-kit", "text-kit 0.9"])
        let web = try #require(found.projects.first { $0.name.normalized == "web" })
        #expect(!web.isRoot)
        #expect(web.reasons == ["needed by app 2.0 in python 3.12 on linux"])
        #expect(web.releases.map(\.reason) == web.reasons)
    }

    @Test("Markers decide for each environment, and cycles end")
    func markersAndCycles() throws {
        var world = ClosureWorld([
            "app": [
                Release(
                    version: "1",
                    requires: ["win; sys_platform == 'win32'", "ring", "late; python_version > '3.12'"]
                )
            ],
            "ring": [Release(version: "1", requires: ["app", "ring", "other-ring"])],
            "other-ring": [Release(version: "1", requires: ["ring>=1"])],
            "win": [Release(version: "1")], "late": [Release(version: "1")],
        ])
        #expect(try world.closure(.newest, of: ["app"]).kept == ["app 1", "other-ring 1", "ring 1"])
        #expect(!world.questions.contains("win"))
        let both = try world.closure(.newest, of: ["app"], in: ["3.12 linux", "3.13 windows"])
        #expect(both.kept == ["app 1", "late 1", "other-ring 1", "ring 1", "win 1"])
        let win = try #require(both.projects.first { $0.name.normalized == "win" })
        #expect(win.reasons == ["needed by app 1 in python 3.13 on windows"])
    }

    @Test("Extras come from requirements, from environments for roots, and from a project's own extras")
    func extras() throws {
        var world = ClosureWorld([
            "app": [Release(version: "1", requires: ["lib[Fast_Mode]", "tests; extra == 'dev'"])],
            "lib": [
                Release(
                    version: "1",
                    requires: [
                        "speed; extra == 'fast-mode'", "lib[all]; extra == 'fast-mode'", "more; extra == 'all'",
                        "never; extra == 'dev'",
                    ]
                )
            ],
            "speed": [Release(version: "1")], "more": [Release(version: "1")], "never": [Release(version: "1")],
            "tests": [Release(version: "1")],
        ])
        #expect(try world.closure(.newest, of: ["app"]).kept == ["app 1", "lib 1", "more 1", "speed 1"])
        let dev = try world.closure(.newest, of: ["app"], extras: [ExtraName("dev")])
        #expect(dev.kept == ["app 1", "lib 1", "more 1", "speed 1", "tests 1"])
        #expect(try world.closure(.newest, of: ["lib"]).kept == ["lib 1"])
        #expect(try world.closure(.newest, of: ["lib[all]"]).kept == ["lib 1", "more 1"])
    }

    @Test("The newest is one that can be used there: tags, Requires-Python, prereleases, yanked files")
    func usable() throws {
        var world = ClosureWorld([
            "app": [Release(version: "1", requires: ["lib", "pinned==2", "only-pre", "wants-pre>=1rc1"])],
            "lib": [
                Release(version: "1"), Release(version: "2", tags: nil),
                Release(version: "3", tags: "cp312-cp312-win_amd64"),
                Release(version: "4", python: ">=3.13"), Release(version: "5", isYanked: true),
                Release(version: "6b1"),
            ],
            "pinned": [Release(version: "1"), Release(version: "2.0", isYanked: true), Release(version: "3")],
            "only-pre": [Release(version: "1a1"), Release(version: "1a2")],
            "wants-pre": [Release(version: "1.0"), Release(version: "2.0b1")],
        ])
        let found = try world.closure(.newest, of: ["app"])
        #expect(found.kept == ["app 1", "lib 2", "only-pre 1a2", "pinned 2.0", "wants-pre 2.0b1"])
        #expect(found.notes.count == 1 && found.unmet.isEmpty)
        #expect(found.notes.first?.hasPrefix("lib 2 has no wheel for python 3.12 on linux") == true)
        let windows = try world.closure(.newest, of: ["lib"], in: ["3.12 linux", "3.13 windows"])
        #expect(windows.kept == ["lib 2", "lib 4"])
    }

    @Test("Conflicting requirements: the newest for each, for all, and a set that can be installed")
    func conflicts() throws {
        var world = ClosureWorld([
            "one": [Release(version: "1", requires: ["lib<3"])], "two": [Release(version: "1", requires: ["lib>=1"])],
            "lib": ["1", "2", "3", "4"].map { Release(version: $0) },
        ])
        #expect(try world.closure(.newest, of: ["one", "two"]).kept == ["lib 2", "lib 4", "one 1", "two 1"])
        // The newest of both cannot be installed together; an older one of either can.
        world.projects["two"] = [
            Release(version: "1", requires: ["lib"]), Release(version: "2", requires: ["lib>=3"]),
            Release(version: "3", requires: ["lib>=4", "extra-thing"]),
        ]
        world.projects["extra-thing"] = [Release(version: "1")]
        let found = try world.closure(.newest, of: ["one", "two"])
        #expect(found.kept == ["extra-thing 1", "lib 2", "lib 4", "one 1", "two 1", "two 3"])
        #expect(found.notes == [])
        // Nothing of both goes together: each does by itself, and that is told.
        world.projects["two"] = [Release(version: "1", requires: ["lib>=3"])]
        let apart = try world.closure(.newest, of: ["one", "two"])
        #expect(apart.kept == ["lib 2", "lib 4", "one 1", "two 1"])
        #expect(apart.notes.count == 1)
        #expect(apart.notes.first?.contains("cannot be installed together: nothing of lib") == true, "\(apart.notes)")
        #expect(apart.unmet == [])
        // What cannot be installed by itself is a failure.
        world.projects["one"] = [Release(version: "1", requires: ["lib<3", "two"])]
        let never = try world.closure(.newest, of: ["one"])
        #expect(never.unmet.map(\.project.normalized) == ["one"])
        #expect(never.unmet.first?.reason.hasPrefix("in python 3.12 on linux: no set of releases can be ") == true)
        // Unless a rule is why: lib 2 is one that both can have.
        world.projects["two"] = [Release(version: "1", requires: ["lib>=2"])]
        world.selection.exclusions = [
            Exclusion(.filenames([try RegularExpression("^lib-2")]), by: Rule(key: "[select.exclude] files"))
        ]
        let left = try world.closure(.newest, of: ["one"])
        #expect(left.unmet == [] && left.notes.contains { $0.contains("no set of releases") }, "\(left)")
    }

    @Test("A root without a release that can be used is a failure, unless a pattern asked for it")
    func unusableRoots() throws {
        var world = ClosureWorld(["foreign": [Release(version: "1", tags: "cp312-cp312-win_amd64")]])
        let reason =
            "no release can be had, asked for in python 3.12 on linux: no file of 1 is for that Python and platform"
        let named = try world.closure(.newest, of: ["foreign"])
        #expect(named.unmet.map(\.reason) == [reason])
        let open = try world.closure(.newest, of: ["foreign"], areNamed: false)
        #expect(open.unmet == [] && open.notes == ["foreign: \(reason)"])
    }

    @Test("What cannot be known or had is told by name, once")
    func notes() throws {
        var world = ClosureWorld([
            "app": [
                Release(
                    version: "1",
                    requires: [
                        "never-heard-of", "win-only", "old<1", "web @ https://web.example/web.zip", "built", "left-out",
                    ]
                )
            ],
            "win-only": [Release(version: "1", tags: "cp312-cp312-win_amd64")],
            "old": [Release(version: "1")], "left-out": [Release(version: "1")],
            "built": [Release(version: "1", tags: nil, unknown: "its sdist does not say them")],
        ])
        world.selection.exclusions = [
            Exclusion(.filenames([try RegularExpression("^left")]), by: Rule(key: "[select.exclude] files"))
        ]
        let found = try world.closure(.newest, of: ["app"])
        #expect(found.kept == ["app 1", "built 1"])
        let need = "needed by app 1 in python 3.12 on linux"
        #expect(
            found.unmet.map { "\($0.project): \($0.reason)" } == [
                "app: in python 3.12 on linux: no set of releases can be installed: nothing of never-heard-of for app 1",
                "never-heard-of: \(need): upstream has no such project",
                "old: no release <1 can be had, \(need): no release has such a version",
                "win-only: no release can be had, \(need): no file of 1 is for that Python and platform",
            ]
        )
        // What a rule leaves out is what somebody wants, and so is what cannot be installed without.
        let text = found.notes.joined(separator: "\n")
        #expect(text.contains("left-out: no release can be had, \(need): 1 is left out by [select.exclude] files"))
        #expect(text.contains("'web@ https://web.example/web.zip' names a URL") || text.contains("names a URL"))
        #expect(text.contains("what built 1 needs cannot be known: its sdist does not say them"))
        #expect(Set(found.notes).count == found.notes.count)
    }

    @Test("All that satisfies, of all that is kept")
    func allCompatible() throws {
        var world = ClosureWorld([
            "app": [
                Release(version: "1", requires: ["lib<2"]),
                Release(version: "2", requires: ["lib>=3", "win; os_name == 'nt'"]),
            ],
            "lib": ["1", "1.5", "2", "3", "4"].map { Release(version: $0, requires: ["leaf!=2"]) },
            "leaf": ["1", "2", "3"].map { Release(version: $0) },
        ])
        let found = try world.closure(.allCompatible, of: ["app"])
        #expect(found.kept == ["app 1", "app 2", "leaf 1", "leaf 3", "lib 1", "lib 1.5", "lib 3", "lib 4"])
        #expect(found.notes == [])
    }

    @Test("all-compatible: what only older releases lack is told, what the newest lack is a failure")
    func oldReleases() throws {
        var world = ClosureWorld([
            "app": [
                Release(version: "1", requires: ["gone", "lib<1"]), Release(version: "2", requires: ["lib>=2", "bad"]),
            ],
            // The newest needs something that was never there; the one before does not.
            "bad": [Release(version: "1"), Release(version: "2", requires: ["never", "lib>9"])],
            "lib": [Release(version: "1", requires: ["gone"]), Release(version: "2")],
        ])
        let found = try world.closure(.allCompatible, of: ["app"])
        #expect(found.kept == ["app 1", "app 2", "bad 1", "bad 2", "lib 2"])
        let place = "in python 3.12 on linux"
        #expect(
            found.unmet.map { "\($0.project): \($0.reason)" } == [
                "lib: no release >9 can be had, needed by bad 2 \(place): no release has such a version",
                "never: needed by bad 2 \(place): upstream has no such project",
            ]
        )
        #expect(
            found.notes == [
                "gone: needed by app 1 \(place): upstream has no such project",
                "lib: no release <1 can be had, needed by app 1 \(place): no release has such a version",
            ]
        )
        // Where nothing can be installed at all, the root itself is a failure.
        world.projects["lib"]?.removeLast()
        let none = try world.closure(.allCompatible, of: ["app"])
        #expect(none.unmet.contains { $0.project.normalized == "app" && $0.isAskedFor }, "\(none.unmet)")
    }

    @Test("Metadata that states too much is not followed, and too much work is given up, stopped, and never endless")
    func hostile() throws {
        let versions = (0..<300).map { "\($0 / 100 + 1).\($0 % 100)" }
        var world = ClosureWorld([
            "evil": [Release(version: "1", requires: (0...1_000).map { "dep!=0.0.\($0)" })],
            "dep": versions.map { Release(version: $0) },
        ])
        let found = try world.closure(.newest, of: ["evil"])
        #expect(found.kept == ["evil 1"])
        #expect(
            found.notes == [
                "what evil 1 needs cannot be known: it states 1001 requirements of dep, more than 1000"
            ]
        )
        world.projects["evil"] = [Release(version: "1", requires: (0..<1_000).map { "dep!=0.0.\($0)" })]
        #expect(try world.closure(.newest, of: ["evil"]).kept == ["dep 3.99", "evil 1"])
        for (limit, isStopped) in [(100_000, false), (Int.max, true)] {
            var solver = ClosureSolver(
                .newest,
                for: try ClosureWorld.environments(ClosureWorld.linux),
                workLimit: limit,
                isStopped: { isStopped }
            )
            solver.addRoot(try #require(ProjectName("evil")))
            let result = try world.answer(&solver)
            #expect(solver.isExhausted == !isStopped)
            #expect(result.unmet == [])
        }
    }
}
