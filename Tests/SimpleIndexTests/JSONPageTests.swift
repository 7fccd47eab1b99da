import Digest
import Packaging
import SimpleIndex
import Testing

@Suite struct JSONPageTests {
    @Test func readsAWholePage() throws {
        let sha = Pages.sha
        let parsed = try Pages.json(
            #"""
            {"meta":{"_last-serial":42,"api-version":"1.4","tracks":[]},"name":"demo","alternate-locations":[],
             "project-status":{"status":"archived","reason":"moved"},"versions":["0.9","1.0","1.0"],"files":[
             {"filename":"demo-1.0-py3-none-any.whl","url":"../../packages/demo-1.0-py3-none-any.whl","hashes":
              {"SHA256":"\#(sha.uppercased())","md5":"0123","x_y":"\#(sha)"},"size":12,"upload-time":"2024-02-29T23:59:59.5+01:00",
              "requires-python":">=3.8,","yanked":"it's <b>bad</b> \"🙈\"","core-metadata":{"sha256":"\#(sha)"},
              "provenance":"https://index.example/integrity/x","gpg-sig":true,"unknown":{"a":[1]}}]}
            """#
        )
        let digest = try #require(SHA256Digest(hex: sha))
        let file = PageFile(
            filename: "demo-1.0-py3-none-any.whl",
            url: "https://index.example/packages/demo-1.0-py3-none-any.whl",
            hashes: ["sha256": sha, "x_y": sha],
            size: 12,
            uploadTime: "2024-02-29T22:59:59.500000Z",
            requiresPython: ">=3.8,",
            yanked: Yank(reason: "it's <b>bad</b> \"🙈\""),
            coreMetadata: .digest(digest),
            provenance: "https://index.example/integrity/x",
            hasSignature: true
        )
        let page = ProjectPage(
            name: try Pages.name("demo"),
            files: [file],
            versions: ["0.9", "1.0"],
            serial: 42,
            status: ProjectStatus(marker: .archived, reason: "moved")
        )
        #expect(parsed.page == page)
        #expect(parsed.refusals == [])
        #expect(parsed.page.files[0].sha256 == digest)
    }

    @Test(arguments: [
        ("null", nil), ("\">=3.6.*\"", ">=3.6.*"), ("\">=3.8,\"", ">=3.8,"), ("\"three\"", "three"), ("\"\"", nil),
        ("3", nil),
    ])
    func requiresPython(_ value: String, _ expected: String?) throws {
        #expect(try Pages.file("\"requires-python\":\(value)").requiresPython == expected)
    }

    @Test(arguments: [
        ("true", Yank()), ("\"why\"", Yank(reason: "why")), ("\"\"", nil), ("null", nil), ("false", nil), ("1", nil),
    ])
    func yanked(_ value: String, _ expected: Yank?) throws {
        #expect(try Pages.file("\"yanked\":\(value)").yanked == expected)
    }

    @Test func coreMetadata() throws {
        let hash = #"{"sha256":"\#(Pages.sha)"}"#
        let digest = CoreMetadata.digest(try #require(SHA256Digest(hex: Pages.sha)))
        #expect(try Pages.file(#""core-metadata":false"#).coreMetadata == nil)
        #expect(try Pages.file(#""core-metadata":true"#).coreMetadata == .available)
        #expect(try Pages.file(#""core-metadata":\#(hash)"#).coreMetadata == digest)
        #expect(try Pages.file(#""core-metadata":{"sha256":"short"}"#).coreMetadata == .available)
        #expect(try Pages.file(#""core-metadata":{"md5":"x"}"#).coreMetadata == .available)
        #expect(try Pages.file(#""dist-info-metadata":\#(hash)"#).coreMetadata == digest)
        #expect(try Pages.file(#""data-dist-info-metadata":\#(hash)"#).coreMetadata == digest)
        #expect(try Pages.file(#""dist-info-metadata":\#(hash),"core-metadata":true"#).coreMetadata == .available)
        #expect(try Pages.file(#""dist-info-metadata":\#(hash),"core-metadata":false"#).coreMetadata == nil)
        #expect(try Pages.file(#""dist-info-metadata":true,"core-metadata":null"#).coreMetadata == .available)
    }

    @Test(arguments: [
        ("null", nil), ("12", 12), ("12.0", 12), ("12.5", nil), ("\"12\"", 12), ("\"+12\"", nil), ("-1", nil),
        ("true", nil),
        ("9007199254740993", 9_007_199_254_740_993), ("1e300", nil), ("0", 0),
    ])
    func size(_ value: String, _ expected: UInt64?) throws {
        #expect(try Pages.file("\"size\":\(value)").size == expected)
    }

    @Test(arguments: [
        ("2024-01-02T03:04:05Z", "2024-01-02T03:04:05Z"),
        ("2024-01-02T03:04:05.123456Z", "2024-01-02T03:04:05.123456Z"),
        ("2024-01-02T03:04:05.1234567Z", "2024-01-02T03:04:05.123456Z"),
        ("2024-01-02T03:04:05.000Z", "2024-01-02T03:04:05Z"),
        ("2024-01-02 03:04:05+00:00", "2024-01-02T03:04:05Z"),
        ("2023-12-31T23:30:00-0130", "2024-01-01T01:00:00Z"),
        ("2024-03-01T00:00:00+00:01", "2024-02-29T23:59:00Z"),
        ("1969-12-31T23:59:59Z", "1969-12-31T23:59:59Z"),
        ("2024-01-02T03:04:05", nil), ("", nil), ("yesterday", nil), ("2023-02-29T00:00:00Z", nil),
        ("2024-13-01T00:00:00Z", nil), ("2024-01-01T24:00:00Z", nil), ("2024-01-02T03:04:05Zx", nil),
        ("0001-01-01T00:00:00+01:00", nil), ("2024-01-02T03:04:05.Z", nil), ("2024-01-02", nil),
    ])
    func uploadTime(_ text: String, _ expected: String?) throws {
        #expect(try Pages.file("\"upload-time\":\"\(text)\"").uploadTime == expected)
    }

    @Test func nullUploadTimeIsNone() throws {
        #expect(try Pages.file("\"upload-time\":null").uploadTime == nil)
    }

    @Test func serials() throws {
        func serial(_ meta: String) throws -> UInt64? {
            try Pages.json("{\"meta\":{\(meta)},\"files\":[]}").page.serial
        }
        #expect(try serial(#""_last-serial":7"#) == 7)
        #expect(try serial(#""_last-serial":"19""#) == 19)
        #expect(try serial(#""_last-serial":"None""#) == nil)
        #expect(try serial(#""_last-serial":-7"#) == nil)
        #expect(try serial("") == nil)
    }

    @Test func statuses() throws {
        func status(_ members: String) throws -> ProjectStatus? {
            try Pages.json("{\"files\":[],\(members)}").page.status
        }
        #expect(try status(#""project-status":{"status":"quarantined"}"#) == ProjectStatus(marker: .quarantined))
        #expect(
            try status(#""project-status":{"status":"deprecated","reason":""}"#) == ProjectStatus(marker: .deprecated)
        )
        #expect(try status(#""project-status":{"status":"sleeping"}"#) == nil)
        #expect(try status(#""project-status":{"status":"active"}"#) == nil)
        #expect(try status(#""meta":{"project-status":{"status":"archived"}}"#) == ProjectStatus(marker: .archived))
    }

    @Test func versionsOfTheInterface() throws {
        func parse(_ meta: String) throws { _ = try Pages.json("{\"meta\":{\(meta)},\"files\":[]}") }
        for good in ["1.0", "1.4", "1.99", "1"] { try parse("\"api-version\":\"\(good)\"") }
        try parse("")
        for bad in ["2.0", "10.0", "0.9", "x", ""] {
            #expect(throws: PageError.unsupportedVersion(bad)) { try parse("\"api-version\":\"\(bad)\"") }
        }
        #expect(throws: PageError.unsupportedVersion("2.0")) { try parse("\"api-version\":2.0") }
    }

    @Test func duplicates() throws {
        func entry(_ hashes: String, _ folder: String = "a") -> String {
            #"{"filename":"demo-1.0.zip","url":"\#(folder)/demo-1.0.zip","hashes":{\#(hashes)}}"#
        }
        func count(_ entries: String...) throws -> [Int] {
            let parsed = try Pages.json(#"{"files":[\#(entries.joined(separator: ","))]}"#)
            #expect(parsed.refusals.allSatisfy { $0.reason == .duplicate })
            return [parsed.page.files.count, parsed.refusals.count]
        }
        let (one, two) = (#""sha256":"\#(Pages.sha)""#, #""sha256":"\#(Pages.otherSHA)""#)
        #expect(try count(entry(one), entry(one, "b")) == [1, 0])
        #expect(try count(entry(one), entry(two), entry(one)) == [1, 1])
        #expect(try count(entry(""), entry("")) == [1, 0])
        #expect(try count(entry(""), entry("", "b")) == [1, 1])
        #expect(try count(entry(one), entry("")) == [1, 1])
    }

    @Test func refusesFilesOneByOne() throws {
        let parsed = try Pages.json(
            #"""
            {"files":[
            {"filename":"other-1.0.tar.gz","url":"other-1.0.tar.gz"},
            {"filename":"other-1.0-py3-none-any.whl","url":"other-1.0-py3-none-any.whl"},
            {"filename":"x/demo-1.0.zip","url":"demo-1.0.zip"},
            {"filename":"a\u202eb\n.zip","url":"x"},
            {"filename":"demo-1.0.zip"},{"url":"x"},"text",null,
            {"filename":"demo-1.0 (1).zip","url":"demo-1.0%20(1).zip"},
            {"filename":"mkey.zip","url":"mkey.zip"},
            {"filename":"demo-1.0-variants.json","url":"demo-1.0-variants.json"}]}
            """#
        )
        let other = try Pages.name("other")
        #expect(parsed.page.files.map(\.filename) == ["demo-1.0 (1).zip", "mkey.zip", "demo-1.0-variants.json"])
        #expect(
            parsed.refusals.map(\.reason) == [
                .foreign(owner: other), .foreign(owner: other), .unsafeName(.separator), .unsafeName(.control),
                .malformed("has no string 'url'"), .malformed("has no string 'filename'"),
                .malformed("has no string 'filename'"), .malformed("has no string 'filename'"),
            ]
        )
        #expect(parsed.refusals[3].filename == "a\\u{202e}b\\u{a}.zip")
    }

    @Test func errors() throws {
        let demo = try Pages.name("demo")
        func error(_ text: String, _ type: String? = Pages.jsonType) -> PageError? {
            do throws(PageError) {
                _ = try ProjectPage.parse(Array(text.utf8), contentType: type, base: Pages.base, project: demo)
                return nil
            } catch {
                return error
            }
        }
        #expect(error("") == .emptyBody)
        #expect(error(" \n") == .emptyBody)
        #expect(error("\u{feff}") == .emptyBody)
        #expect(error(#"{"name":"Other","files":[]}"#) == .wrongProject(expected: demo, found: "Other"))
        #expect(error(#"{"name":"De.mo","files":[]}"#) == .wrongProject(expected: demo, found: "De.mo"))
        #expect(error(#"{"name":"DEMO","files":[]}"#) == nil)
        #expect(error("\u{feff}{\"files\":[]}") == nil)
        #expect(error(#"{"files":[]}"#, nil) == nil)
        #expect(error(#"{"files":[]}"#, "application/json; charset=utf-8") == nil)
        #expect(error(#"{"files":[]}"#, "application/vnd.pypi.simple.v2+json") == .unsupportedVersion("v2+json"))
        #expect(error("hello", "text/plain") == .unknownType(contentType: "text/plain"))
        for text in ["[]", "7", #"{"message":"not found"}"#, #"{"files":{}}"#] {
            guard case .notSimplePage = error(text) else {
                Issue.record("\(text): \(String(describing: error(text)))")
                continue
            }
        }
        for text in ["{", "<html>", #"{"files":[]"#] {
            guard case .notJSON = error(text) else {
                Issue.record("\(text): \(String(describing: error(text)))")
                continue
            }
        }
    }
}
