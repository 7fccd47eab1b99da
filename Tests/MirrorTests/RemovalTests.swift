import Testing

/// What is gone upstream, or changed under its name (design, section 5; I10, I15).
@Suite("Removals") struct RemovalTests {
    private let upstream = ScriptedUpstream()

    private func mirror(of projects: [ScriptedProject]) throws -> TestMirror {
        upstream.publish(projects)
        let mirror = try TestMirror(of: upstream.url, configuration: ["retries": "0"])
        let result = try mirror.sync()
        try #require(result.exitCode == 0, "\(result)")
        return mirror
    }

    @Test("A project that is gone has an empty page and no place in the list, and comes back without download")
    func goneAndBack() throws {
        let projects: [ScriptedProject] = try .good(12)
        let mirror = try mirror(of: projects)
        let digest = try mirror.treeDigest
        upstream.remove("/simple/good-03/")
        upstream.list(projects.filter { $0.name != "good-03" })
        let gone = try mirror.sync()
        #expect(gone.exitCode == 0, "\(gone)")
        #expect(gone.report.int("projects.removed") == 1)
        #expect(try mirror.filenames("good-03") == [])
        let html = String(decoding: try mirror.contents("simple/good-03/index.html"), as: UTF8.self)
        #expect(!html.contains("<a "))
        #expect(try mirror.listedProjects() == projects.map(\.name).filter { $0 != "good-03" })
        let why = try mirror.run("why", "good-03", "--json").report
        #expect(why.text("state") == "taken off")
        #expect(why.text("reason")?.contains("upstream had no page of it any more") == true)
        #expect(try mirror.treeDigest != digest)
        // Nothing that an earlier page named is deleted.
        #expect(try mirror.run("status", "--json").report.int("objects") == 24)
        #expect(try mirror.sync().report.int("requests.metadata") == 1)

        upstream.publish(projects)
        let back = try mirror.sync()
        #expect(back.exitCode == 0, "\(back)")
        #expect(back.report.int("requests.files") == 0)
        #expect(try mirror.filenames("good-03") == ["good_03-1.0-py3-none-any.whl"])
        #expect(try mirror.listedProjects() == projects.map(\.name))
        #expect(try mirror.treeDigest == digest)
        #expect(try mirror.verify().exitCode == 0)
    }

    @Test("A project that only the list has lost stays")
    func unconfirmed() throws {
        let projects: [ScriptedProject] = try .good(12)
        let mirror = try mirror(of: projects)
        let digest = try mirror.treeDigest
        upstream.list(projects.filter { $0.name != "good-03" })
        let result = try mirror.sync()
        #expect(result.report.int("projects.removed") == 0)
        #expect(try mirror.filenames("good-03") == ["good_03-1.0-py3-none-any.whl"])
        #expect(try mirror.treeDigest == digest)
    }

    @Test("Files that are gone leave the page")
    func files() throws {
        var project = try ScriptedProject("shrinking", versions: ["1.0", "1.1", "1.2", "1.3"])
        let mirror = try mirror(of: .good(3) + [project])
        project.files.removeAll { $0.filename.contains("1.1") || $0.filename.contains("1.2") }
        project.serial = 2
        upstream.publish(try .good(3) + [project])
        let result = try mirror.sync()
        #expect(result.exitCode == 0, "\(result)")
        #expect(result.report.int("files.withdrawn") == 2)
        #expect(try mirror.filenames("shrinking") == project.files.map(\.filename))
        let why = try mirror.run("why", "shrinking", "shrinking-1.1-py3-none-any.whl", "--json").report
        #expect(why.objects("files").first?.text("state") == "removed")
        #expect(try mirror.sync().report.int("requests.metadata") == 1)
    }

    @Test("Half of all projects at once are kept until that is accepted")
    func guarded() throws {
        let projects: [ScriptedProject] = try .good(60)
        let mirror = try mirror(of: projects)
        let digest = try mirror.treeDigest
        for project in projects[30...] { upstream.remove("/simple/\(project.name)/") }
        upstream.list(Array(projects[..<30]))
        for _ in 0..<2 {
            let kept = try mirror.sync()
            #expect(kept.exitCode == 3, "\(kept)")
            #expect(kept.report.failures.compactMap { $0.text("project") } == projects[30...].map(\.name))
            #expect(kept.report.failures.allSatisfy { $0.text("reason")?.contains("--accept-removals") == true })
            #expect(kept.report.int("projects.removed") == 0)
            #expect(try mirror.treeDigest == digest)
            #expect(try mirror.listedProjects() == projects.map(\.name))
        }
        let accepted = try mirror.sync("--accept-removals")
        #expect(accepted.exitCode == 0, "\(accepted)")
        #expect(accepted.report.int("projects.removed") == 30)
        #expect(try mirror.listedProjects() == projects[..<30].map(\.name))
        for project in projects[30...] { #expect(try mirror.filenames(project.name) == []) }
        #expect(try mirror.sync().exitCode == 0)
    }

    @Test("A known file with another digest is refused until that is accepted")
    func changedDigest() throws {
        let old = try ScriptedProject("changing")
        let mirror = try mirror(of: .good(2) + [old])
        let digest = try mirror.treeDigest
        var new = try ScriptedProject("changing")
        new.files[0] = try .init(
            filename: old.files[0].filename,
            bytes: ScriptedProject("other").files[0].bytes,
            metadata: nil
        )
        new.serial = 2
        upstream.publish(try .good(2) + [new])
        for _ in 0..<2 {
            let refused = try mirror.sync()
            #expect(refused.exitCode == 3, "\(refused)")
            let failure = try #require(refused.report.failures(of: "changing").first)
            #expect(refused.report.failures.count == 1)
            #expect(failure.text("file") == old.files[0].filename)
            #expect(failure.text("reason")?.contains("--accept-change changing") == true)
            #expect(try mirror.treeDigest == digest)
            let file = try mirror.page("changing").objects("files").first
            #expect(file?.text("hashes.sha256") == old.files[0].claimedDigest)
        }
        let accepted = try mirror.sync("--accept-change", "changing")
        #expect(accepted.exitCode == 0, "\(accepted)")
        let file = try #require(try mirror.page("changing").objects("files").first)
        #expect(file.text("hashes.sha256") == new.files[0].claimedDigest)
        #expect(try mirror.contents("simple/changing/\(file.text("url") ?? "")") == new.files[0].bytes)
        #expect(try mirror.verify().exitCode == 0)
        #expect(try mirror.sync().exitCode == 0)
    }

    @Test("A project that is removed from the selection leaves, and comes back without download")
    func removeAndAdd() throws {
        upstream.publish(try .good(3))
        let mirror = try TestMirror(of: upstream.url, projects: ["good-00", "good-01"])
        #expect(try mirror.sync().exitCode == 0)
        let digest = try mirror.treeDigest
        #expect(try mirror.run("remove", "good-01").exitCode == 0)
        #expect(try mirror.filenames("good-01").count == 1)
        let removed = try mirror.sync()
        #expect(removed.exitCode == 0, "\(removed)")
        #expect(try mirror.filenames("good-01") == [])
        #expect(try mirror.listedProjects() == ["good-00"])
        let why = try mirror.run("why", "good-01", "--json").report
        #expect(why.text("reason")?.contains("not selected") == true)
        #expect(try mirror.run("add", "Good.01").exitCode == 0)
        let added = try mirror.sync()
        #expect(added.exitCode == 0, "\(added)")
        #expect(added.report.int("requests.files") == 0)
        #expect(try mirror.treeDigest == digest)
    }
}
