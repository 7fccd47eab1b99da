import Configuration
import Packaging
import RegularExpression
import SystemPackage
import Testing

@Suite("What is kept, in larder.toml") struct SelectionParseTests {
    private let head = "[upstream]\nurl = 'https://index.example/simple/'\n"

    private func parse(_ text: String) throws(ConfigurationError) -> Configuration {
        try Configuration.parse(head + text, file: "larder.toml", folder: "/srv/mirror")
    }

    private func problems(_ text: String) -> [String] {
        do throws(ConfigurationError) {
            _ = try parse(text)
            return []
        } catch {
            return error.problems.map(\.description)
        }
    }

    @Test("When files are had", arguments: Configuration.Files.allCases) func files(when: Configuration.Files) throws {
        let text = "[upstream]\nurl = 'https://index.example/'\n[select]\n"
        #expect(try Configuration.parse(text, file: "larder.toml").selection.files == .all)
        let stated = try Configuration.parse(text + "files = '\(when.rawValue)'", file: "larder.toml")
        #expect(stated.selection.files == when)
    }

    @Test("Every key, with its line") func everything() throws {
        let configuration = try parse(
            """
            [select]
            projects = [
                "six",
                "Company.*",
            ]
            requirements = ["web.txt", "/etc/all.txt"]
            lock-files = ["uv.lock"]
            latest = 3
            latest-prereleases = true
            prereleases = false
            yanked = false
            max-file-size = "1GB"
            max-project-size = "10GB"
            metadata-only = ["big-*"]
            uploaded-after = "2024-01-01"
            uploaded-before = 2026-01-31

            [select.exclude]
            projects = ["company-secret"]
            releases = ["demo<2", "other===2004d"]
            kinds = ["egg", "wininst"]
            platforms = ["windows", "macosx_*"]
            pythons = ["2", "<3.9"]
            files = ['-py2-', 'debug\\.whl$']

            [policy]
            minimum-age = "7d"
            minimum-age-exceptions = ["company-*"]

            [policy.blocked]
            projects = ["evil", "evil-*"]
            releases = ["demo==1.3"]
            digests = ["sha256:\(String(repeating: "Ab", count: 32))"]
            """
        )
        let selection = configuration.selection
        #expect(selection.projects.map { "\($0.value) \($0.line ?? 0)" } == ["six 5", "company-* 6"])
        #expect(selection.requirements.map(\.value) == ["/srv/mirror/web.txt", "/etc/all.txt"])
        #expect(selection.lockFiles == [Stated("/srv/mirror/uv.lock", line: 9)])
        #expect(selection.latest == Stated(3, line: 10) && selection.latestCountsPrereleases)
        #expect(selection.prereleases == Stated(false, line: 12) && selection.yanked == Stated(false, line: 13))
        #expect(selection.maximumFileSize?.value.bytes == 1_000_000_000)
        #expect(selection.maximumProjectSize?.line == 15)
        #expect(selection.metadataOnly.map(\.value.normalized) == ["big-*"])
        #expect(selection.uploadedAfter == Stated(1_704_067_200, line: 17))
        #expect(selection.uploadedBefore == Stated(1_769_817_600, line: 18))
        let exclusions = selection.exclusions
        #expect(exclusions.projects.map(\.line) == [21])
        #expect(exclusions.releases.map(\.value.description) == ["demo<2", "other===2004d"])
        #expect(exclusions.kinds == Stated([.egg, .wininst], line: 23))
        #expect(exclusions.platforms?.value.map(\.text) == ["windows", "macosx_*"])
        #expect(exclusions.pythons?.value.count == 2)
        #expect(exclusions.files.map(\.value.pattern) == ["-py2-", #"debug\.whl$"#])
        let policy = configuration.policy
        #expect(policy.minimumAge == Stated(.seconds(7 * 86_400), line: 29))
        #expect(policy.minimumAgeExceptions.map(\.value.normalized) == ["company-*"])
        #expect(policy.blockedProjects.map(\.line) == [33, 33])
        #expect(policy.blockedReleases.map(\.value.description) == ["demo==1.3"])
        #expect(policy.blockedDigests.map(\.value) == [String(repeating: "ab", count: 32)])
    }

    @Test(
        "What cannot be is refused with its line",
        arguments: [
            ("[select]\nprojects = ['six>=1']", "4: 'projects': 'six>=1' is not the name of a project; write 'six', "),
            ("[select]\nprojects = ['[ab]*']", "4: 'projects': '[ab]*' is no pattern of names; "),
            (
                "[select]\nlatest-prereleases = true",
                "4: 'latest-prereleases' says how 'latest' counts, which is not set"
            ),
            ("[select]\nfiles = 'on-demnd'", "4: 'files' is 'on-demnd'; did you mean 'on-demand'?"),
            ("[select]\nfiles = ['stream']", "4: 'files' must be "),
            ("[select]\nmax-file-size = 0", "4: 'max-file-size' is 0; remove the line to set no bound"),
            ("[select]\nuploaded-after = 'soon'", "4: 'uploaded-after' must be a day as \"2026-01-31\" or a time as "),
            (
                "[select]\nuploaded-after = '2025-01-01'\nuploaded-before = '2024-01-01'",
                "4: 'uploaded-after' is not before 'uploaded-before', so that no file is kept"
            ),
            (
                "[select.exclude]\nreleases = [\n'a<1',\n'demo']",
                "6: 'releases': 'demo' names no versions; write it as "
            ),
            ("[select.exclude]\nreleases = ['demo<x']", "4: 'releases': "),
            (
                "[select.exclude]\nkinds = ['whel']",
                "4: 'kinds': 'whel' is no kind of distribution; did you mean 'wheel'?"
            ),
            ("[select.exclude]\nplatforms = ['win 32']", "4: 'platforms': "),
            (
                "[select.exclude]\npythons = ['three']",
                "4: 'pythons': 'three' names no versions of Python; write them as "
            ),
            ("[select.exclude]\npythons = ['2.9']", "4: 'pythons': '2.9' names no versions of Python; write them as "),
            ("[select.exclude]\nfiles = ['(']", "4: 'files': '(' is no regular expression: "),
            (
                "[policy]\nminimum-age-exceptions = ['a']",
                "4: 'minimum-age-exceptions' are from 'minimum-age', which is not set"
            ),
            ("[policy.blocked]\nprojects = ['*']", "4: 'projects' blocks every project; name those to block"),
            (
                "[policy.blocked]\ndigests = ['md5:00']",
                "4: 'digests': 'md5:00' is no SHA-256; write 64 hexadecimal digits"
            ),
        ]
    )
    func refused(text: String, message: String) throws {
        let found = problems(text)
        #expect(found.count == 1)
        #expect(try #require(found.first).hasPrefix("larder.toml:\(message)"), "\(found)")
    }
}
