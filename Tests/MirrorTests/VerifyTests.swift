import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

/// Damage is found and reported under its right name (I11).
@Suite("Verification") struct VerifyTests {
    private let upstream = ScriptedUpstream()
    private let mirror: TestMirror

    private struct Expected: Hashable, CustomStringConvertible {
        let kind: String
        let project: String?
        let file: String?

        init(_ kind: String, _ project: String?, file: String? = nil) {
            (self.kind, self.project, self.file) = (kind, project, file)
        }

        var description: String { "\(kind) \(project ?? "-") \(file ?? "-")" }
    }

    init() throws {
        upstream.publish(try .good(8))
        mirror = try TestMirror(of: upstream.url)
        let result = try mirror.sync()
        try #require(result.exitCode == 0, "\(result)")
    }

    private func wheel(_ number: Int) -> String { "good_0\(number)-1.0-py3-none-any.whl" }

    private func object(_ number: Int) throws -> FilePath {
        try mirror.object(of: wheel(number), in: "good-0\(number)")
    }

    /// Verifies, and compares what is found.
    private func expect(_ expected: [Expected], exitCode: Int, _ mode: String...) throws {
        let result = try Larder.run(["verify", "--json", "--root", mirror.root.string] + mode)
        let findings = result.report.objects("findings").map { finding in
            Expected(finding.text("class") ?? "", finding.text("project"), file: finding.text("file"))
        }
        #expect(findings.map(\.description).sorted() == expected.map(\.description).sorted(), "\(mode): \(result)")
        #expect(result.exitCode == exitCode, "\(mode)")
        #expect(result.report.text("outcome") == (expected.isEmpty ? "complete" : "partial"))
        #expect(try mirror.run("status", "--json").report.int("verify.findings") == expected.count)
    }

    private func rewrite(_ path: FilePath, _ change: (inout [UInt8]) -> Void) throws {
        var bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path.string)))
        change(&bytes)
        let mode = try FileManager.default.attributesOfItem(atPath: path.string)[.posixPermissions]
        try Data(bytes).write(to: URL(fileURLWithPath: path.string))
        try FileManager.default.setAttributes([.posixPermissions: mode ?? 0o444], ofItemAtPath: path.string)
    }

    @Test("A mirror without damage ends with 0 in every mode")
    func undamaged() throws {
        for mode in ["--quick", "--content", "--publication", "--index"] { try expect([], exitCode: 0, mode) }
        try expect([], exitCode: 0)
        let bytes = try mirror.run("status", "--json").report.int("bytes")
        for report in [try mirror.verify("--content").report, try mirror.verify().report] {
            // A wheel and a sidecar of each project.
            #expect(report.int("checked.objects") == 16)
            #expect(report.int("checked.bytes") == bytes)
            #expect(report.int("coverage.percent") == 100)
        }
        #expect(try mirror.verify("--quick").report.int("checked.objects") == 16)
    }

    @Test("Damaged objects")
    func objects() throws {
        try FileManager.default.removeItem(atPath: try object(0).string)
        try rewrite(try object(1)) { $0.removeLast() }
        try rewrite(try object(2)) { $0.append(0) }
        try rewrite(try object(3)) { $0[$0.count / 2] ^= 1 }
        try #require(chmod(try object(4).string, 0o644) == 0)
        let sizes = [
            Expected("missing", "good-00", file: wheel(0)), Expected("short", "good-01", file: wheel(1)),
            Expected("long", "good-02", file: wheel(2)),
        ]
        let content = Expected("digest-mismatch", "good-03", file: wheel(3))
        let mode = Expected("bad-mode", "good-04", file: wheel(4))
        try expect(sizes + [mode], exitCode: 1, "--quick")
        try expect(sizes + [content], exitCode: 1, "--content")
        let result = try mirror.verify()
        #expect(result.exitCode == 1, "\(result)")
        let findings = Set(
            result.report.objects("findings").map {
                Expected($0.text("class") ?? "", $0.text("project"), file: $0.text("file"))
            }
        )
        // Each of them, and under no other name.
        #expect(findings == Set(sizes + [content, mode]))
        for finding in result.report.objects("findings") {
            #expect(finding.text("object")?.count == 64)
            #expect(finding.text("path")?.hasSuffix(finding.text("object") ?? "-") == true)
        }
    }

    @Test("Files among the objects that nobody knows")
    func orphans() throws {
        let hex = String(repeating: "0123456789abcdef", count: 4)
        try mirror.folder.write("mirror/objects/01/23/\(hex)", "nobody's")
        try mirror.folder.write("mirror/objects/01/23/notes", "nobody's")
        let result = try mirror.verify("--quick")
        #expect(result.exitCode == 2, "\(result)")
        let findings = result.report.objects("findings")
        #expect(findings.map { $0.text("class") } == ["orphan", "orphan"])
        #expect(findings.map { $0.text("path") } == ["objects/01/23/\(hex)", "objects/01/23/notes"])
        #expect(findings.first?.text("object") == hex)
        #expect(try mirror.verify().exitCode == 2)
    }

    @Test("What lies where nothing but folders of ours should, and what keeps gc from removing anything")
    func strays() throws {
        let record = try mirror.record(of: "good-01")
        let folder = record.removingLastComponent().lastComponent?.string ?? ""
        try mirror.folder.write("mirror/objects/notes", "nobody's")
        try mirror.folder.write("mirror/records/zz/notes", "nobody's")
        try mirror.folder.write("mirror/records/\(folder)/good-01.json.bak", "nobody's")
        try mirror.folder.write("mirror/packages/README", "nobody's")
        let result = try mirror.verify()
        #expect(result.exitCode == 2, "\(result)")
        let findings = result.report.objects("findings")
        #expect(
            findings.map { $0.text("path") } == [
                "objects/notes", "records/\(folder)/good-01.json.bak", "records/zz", "packages/README",
            ]
        )
        #expect(
            findings.map { $0.text("class") } == ["orphan", "orphan", "orphan", "publication-dangling"],
            "\(result)"
        )
        let repair = try mirror.verify("--repair")
        let advice = repair.report.objects("findings").filter { $0.text("class") == "orphan" }.map { $0.text("repair") }
        #expect(advice.count == 3 && advice.allSatisfy { $0?.contains("move it away") == true }, "\(repair)")
        #expect(try mirror.quarantined.count == 1)
    }

    @Test("Records that are damaged or gone")
    func records() throws {
        let records = try FileManager.default.subpathsOfDirectory(atPath: mirror.root.appending("records").string)
        let path = { (name: String) in
            mirror.root.appending("records").pushing(FilePath(try #require(records.first { $0.hasSuffix(name) })))
        }
        try rewrite(try path("good-01.json")) { $0.replace("good_01".utf8, with: "good_02".utf8) }
        try FileManager.default.removeItem(atPath: try path("good-02.json").string)
        let expected = [Expected("record-corrupt", "good-01"), Expected("record-corrupt", "good-02")]
        try expect(expected, exitCode: 1, "--index")
        let result = try mirror.verify()
        #expect((result.exitCode ?? 0) & 1 == 1, "\(result)")
        let kinds = result.report.objects("findings").filter { $0.text("class") == "record-corrupt" }
        #expect(Set(kinds.map { $0.text("project") }) == ["good-01", "good-02"])
    }

    @Test("Links and pages that are not what they should be")
    func publication() throws {
        let links = try FileManager.default.subpathsOfDirectory(atPath: mirror.root.appending("packages").string)
        let link = { (number: Int) in
            mirror.root.appending("packages")
                .pushing(FilePath(try #require(links.first { $0.hasSuffix(wheel(number)) })))
        }
        try FileManager.default.removeItem(atPath: try link(1).string)
        let target = try FileManager.default.destinationOfSymbolicLink(atPath: try link(2).string)
        let other = String(target.dropLast(4)) + "0000"
        try FileManager.default.removeItem(atPath: try link(2).string)
        try FileManager.default.createSymbolicLink(atPath: try link(2).string, withDestinationPath: other)
        try rewrite(mirror.root.appending("web/simple/good-03/index.html")) { $0 += Array("<!-- -->".utf8) }
        try FileManager.default.removeItem(atPath: mirror.root.appending("web/simple/good-04/index.v1_json").string)
        let page = mirror.root.appending("web/simple/good-05").string
        try FileManager.default.removeItem(atPath: page)
        try FileManager.default.createSymbolicLink(atPath: page, withDestinationPath: "../../../views/nowhere")
        try FileManager.default.removeItem(atPath: mirror.root.appending("web/simple/good-06").string)
        for arguments in [["--publication"], []] {
            let result = try Larder.run(["verify", "--json", "--root", mirror.root.string] + arguments)
            #expect(result.exitCode == 2, "\(result)")
            let findings = Set(
                result.report.objects("findings").map {
                    Expected($0.text("class") ?? "", $0.text("project"), file: $0.text("file"))
                }
            )
            let expected: Set = [
                Expected("publication-dangling", "good-01", file: wheel(1)),
                Expected("publication-dangling", "good-02", file: wheel(2)),
                Expected("page-mismatch", "good-03"), Expected("page-mismatch", "good-04"),
                Expected("publication-dangling", "good-05"), Expected("publication-dangling", "good-06"),
            ]
            #expect(expected.isSubset(of: findings), "\(result)")
            #expect(Set(findings.map(\.kind)) == ["publication-dangling", "page-mismatch"])
        }
        // What is wrong with pages and links is no damage of the store.
        try expect([], exitCode: 0, "--content")
        try rewrite(try object(3)) { $0[0] ^= 1 }
        #expect(try mirror.verify().exitCode == 3)
    }
}
