import Configuration
import Packaging
import Testing

@Suite("How dependencies are followed, in larder.toml") struct ClosureParseTests {
    private let head = "[upstream]\nurl = 'https://index.example/simple/'\n"

    private func parse(_ text: String) throws(ConfigurationError) -> Configuration.Selection {
        try Configuration.parse(head + text, file: "larder.toml").selection
    }

    private func problems(_ text: String) -> [String] {
        do throws(ConfigurationError) {
            _ = try parse(text)
            return []
        } catch {
            return error.problems.map(\.description)
        }
    }

    @Test("Environments in a line, and as tables")
    func environments() throws {
        let selection = try parse(
            """
            [select]
            closure = "all-compatible"
            environments = [
                { python = "3.12", platform = "linux", extras = ["dev", "Test_Kit"] },
                { python = "3.10", platform = "windows", implementation = "pypy" },
            ]
            """
        )
        #expect(selection.closure == Stated(.allCompatible, line: 4))
        #expect(
            selection.environments.map(\.value.label)
                == ["python 3.12 on linux with dev, Test_Kit", "pypy 3.10 on windows"]
        )
        #expect(selection.environments[0].value.target.extras == [ExtraName("dev"), ExtraName("test-kit")])
        let tables = try parse(
            """
            [select]
            closure = "newest"
            [[select.environments]]
            python = "3.13t"
            platform = "musllinux_1_2_aarch64"
            [[select.environments]]
            python = "3.9"
            platform = "macos"
            """
        )
        #expect(tables.closure?.value == .newest)
        #expect(tables.environments.map(\.value.target.isFreeThreaded) == [true, false])
        #expect(try parse("[select]\n").closure == nil)
        let alone = try parse(
            """
            [select]
            environments = [{ python = "3.12", platform = "linux" }]
            [select.exclude]
            other-environments = true
            """
        )
        #expect(alone.closure == nil && alone.environments.count == 1)
        #expect(alone.exclusions.otherEnvironments == Stated(true, line: 6))
    }

    @Test(
        "What cannot be is refused with its line",
        arguments: [
            ("closure = 'newest'", "4: 'closure' needs 'environments': for whom dependencies are followed, as "),
            (
                "closure = 'latest'\nenvironments = [{ python = '3.12', platform = 'linux' }]",
                "4: 'closure' is 'latest'; "
            ),
            (
                "environments = [{ python = '3.12', platform = 'linux' }]",
                "4: 'environments' say for whom dependencies "
            ),
            (
                "[select.exclude]\nother-environments = true",
                "5: 'other-environments' needs [select] environments"
            ),
            ("closure = 'newest'\nenvironments = []", "5: 'environments' has 0 tables, but must have from 1 to 64"),
            ("closure = 'newest'\nenvironments = ['3.12']", "5: 'environments' must be an array of tables, but holds"),
            ("closure = 'newest'\nenvironments = [{ python = '3.12' }]", "5: an environment needs 'platform'"),
            (
                "closure = 'newest'\nenvironments = [{ python = '3', platform = 'linux' }]",
                "5: '3' is no version of Python: "
            ),
            (
                "closure = 'newest'\nenvironments = [\n{ python = '3.12', platform = 'atari' }]",
                ": 'atari' describes no machine: "
            ),
            (
                "closure = 'newest'\nenvironments = [{ python = '3.12', platform = 'linux', extra = ['a'] }]",
                "5: unknown key 'extra' in an environment; did you mean 'extras'?"
            ),
        ]
    )
    func refused(text: String, problem: String) {
        let found = problems("[select]\n" + text)
        #expect(found.count == 1 && found[0].contains(problem), "\(found)")
    }
}
