import Configuration
import Packaging
import SystemPackage
import Testing

/// The problems that a text has, each as the line that people see.
private func problems(_ text: String) -> [String] {
    do {
        _ = try Configuration.parse(text, file: "larder.toml")
        return []
    } catch {
        return error.problems.map(\.description)
    }
}

private func patterns(_ texts: String...) -> [ProjectPattern] { texts.compactMap { ProjectPattern($0) } }

@Suite("Several upstreams in larder.toml")
struct SeveralUpstreamTests {
    private let two = """
        [[upstream]]
        name = "company"
        url = "https://packages.example/simple/"
        projects = ["company-*", "Secret_Tool"]
        connections = 3

        [[upstream]]
        name = "public"
        url = "https://index.example/simple/"

        [select]
        projects = ["six", "company-tool"]
        """

    @Test("Each has its own settings, and all projects where it names none")
    func each() throws {
        let configuration = try Configuration.parse(two, file: "larder.toml")
        #expect(configuration.upstreams.map(\.name) == ["company", "public"])
        #expect(configuration.upstreams.map(\.label) == ["company", "public"])
        #expect(configuration.upstreams.map(\.connections) == [3, 10])
        #expect(configuration.upstreams[0].claims == patterns("company-*", "secret-tool"))
        #expect(configuration.upstreams[1].claims == [.all])
        let inline = "upstream = [{ name = 'a', url = 'https://a.example/' }]"
        #expect(try Configuration.parse(inline, file: "larder.toml").upstreams.map(\.name) == ["a"])
        let only = try Configuration.parse("[upstream]\nurl = 'https://a.example/'", file: "larder.toml")
        #expect(only.upstreams.map(\.label) == ["https://a.example/"])
        #expect(only.upstreams[0].name == nil && only.upstreams[0].claims == [.all])
    }

    @Test("A project comes from the first upstream whose patterns match it")
    func claims() throws {
        let upstreams = try Configuration.parse(two, file: "larder.toml").upstreams
        let claims = UpstreamClaims(upstreams)
        func claim(_ name: String) throws -> String? {
            claims.claim(of: try #require(ProjectName(name))).map { "\($0.upstream) \($0.pattern)" }
        }
        #expect(try claim("company-tool") == "0 company-*")
        #expect(try claim("Company.Tool") == "0 company-*")
        #expect(try claim("secret.tool") == "0 secret-tool")
        #expect(try claim("company") == "1 *")
        #expect(try claim("secret-tool2") == "1 *")
        let first = UpstreamClaims(Array(upstreams.prefix(1)))
        #expect(first.claim(of: try #require(ProjectName("six"))) == nil)
    }

    @Test("Problems are told by the line of the upstream that has them")
    func lines() {
        let text = """
            # url = "https://index.example/simple/"
            [[upstream]]
            name = "a"
            url = "https://a.example/"
            projects = ["a-*"]
            retries = 3

            [[upstream]]
            url = "https://b.example/"
            projects = "b-*"
            retries = -1

            [[upstream]]
            name = "c d"
            projects = [
                "c-*",
                "c>1",
            ]
            retrys = 3
            """
        #expect(
            problems(text) == [
                "larder.toml:8: [[upstream]] has no 'name'; give each one, as name = \"company\"",
                "larder.toml:10: 'projects' must be an array of names and patterns in quotes, but is a text; "
                    + "write [\"b-*\"]",
                "larder.toml:11: 'retries' is -1, but must be from 0 to 100",
                "larder.toml:13: [[upstream]] has no 'url'; write url = \"https://index.example/simple/\" there",
                "larder.toml:14: 'name': 'c d' is no name; write up to 64 ASCII letters, digits and hyphens",
                "larder.toml:17: 'projects': 'c>1' is no pattern; write names of projects, in which * stands for any "
                    + "characters and ? for one",
                "larder.toml:19: unknown key 'retrys' in [[upstream]]; did you mean 'retries'?",
            ]
        )
    }

    @Test(
        "What would never be asked, or for one upstream twice, is refused",
        arguments: [
            (
                "name = 'A'\nurl = 'https://a.example/'", "projects = ['x']",
                "7: nothing would come from 'b': 'A', which stands before it, claims every project; give 'A' its "
                    + "'projects', or move it behind"
            ),
            (
                "name = 'A'\nurl = 'https://a.example/'\nprojects = ['torch*']", "projects = ['torch-vision', 'y']",
                "8: 'projects': 'A', which stands before it, claims 'torch-vision' already"
            ),
            (
                "name = 'A'\nurl = 'https://a.example/'\nprojects = ['x-*', 'y']", "projects = ['X.*']",
                "8: 'projects': 'A', which stands before it, claims 'x-*' already"
            ),
            (
                "name = 'B'\nurl = 'https://a.example/'\nprojects = ['x-*']", "projects = ['y']",
                "6: two [[upstream]] have the name 'b'"
            ),
            (
                "name = 'A'\nurl = 'https://a.example/'\nprojects = ['x-*']", "projects = []",
                "8: 'projects' is empty, so that nothing would come from here; remove the line for all projects"
            ),
            (
                "name = 'token'\nurl = 'https://a.example/'\nprojects = ['x-*']", "projects = ['y']",
                "2: 'name': 'token' is a key of upstream.secret, where names are too; write another one"
            ),
        ]
    )
    func refused(first: String, projects: String, message: String) {
        let text = "[[upstream]]\n\(first)\n[[upstream]]\nname = 'b'\nurl = 'https://b.example/'\n\(projects)"
        #expect(problems(text) == ["larder.toml:\(message)"])
    }

    @Test("A selected project that nobody claims is told by its line")
    func unclaimed() {
        let text = """
            [[upstream]]
            name = "a"
            url = "https://a.example/"
            projects = ["a-*"]

            [select]
            projects = [
                "a-one",
                "six",
            ]
            """
        #expect(
            problems(text) == [
                "larder.toml:9: 'projects': no [[upstream]] claims 'six', so it would be asked for nowhere"
            ]
        )
    }

    @Test("One table and several do not mix, and keys of several are none of one")
    func mixed() {
        let mixed = problems("[upstream]\nurl = 'https://a.example/'\n[[upstream]]\nname = 'a'\n")
        #expect(mixed.count == 1 && mixed[0].hasPrefix("larder.toml:3:"), "\(mixed)")
        for key in ["name = 'a'", "projects = ['a']"] {
            #expect(
                problems("[upstream]\nurl = 'https://a.example/'\n\(key)") == [
                    "larder.toml:3: '\(key.prefix { $0 != " " })' is a key of [[upstream]], of which there can be "
                        + "several; write the header so"
                ]
            )
        }
        #expect(problems("upstream = []") == ["larder.toml:1: 'upstream' is a table; write it as [upstream]"])
        let many = (0...Configuration.Upstream.countLimit).map {
            "[[upstream]]\nname = 'a\($0)'\nurl = 'https://a.example/'\nprojects = ['p\($0)']\n"
        }
        #expect(problems(many.joined()) == ["larder.toml:66: there are more than 16 [[upstream]]"])
    }
}

@Suite("Credentials of several upstreams")
struct SeveralSecretTests {
    private let names: [String?] = ["company", "py-torch"]

    private func secrets(_ text: String, of names: [String?]) -> Result<[UpstreamSecret], ConfigurationError> {
        Result { () throws(ConfigurationError) in
            try UpstreamSecret.parse(text, file: "upstream.secret", of: names)
        }
    }

    private func environment(
        _ variables: [String: String],
        of names: [String?]
    ) -> Result<[UpstreamSecret], ConfigurationError> {
        Result { () throws(ConfigurationError) in try UpstreamSecret.environment(of: names) { variables[$0] } }
    }

    private func problem(_ result: Result<[UpstreamSecret], ConfigurationError>) -> String? {
        if case .failure(let error) = result { error.description } else { nil }
    }

    @Test("Each has a table of its name in upstream.secret")
    func tables() throws {
        let text = "[py-torch]\ntoken = 't'\n[company]\nusername = 'u'\npassword = 'p'\n"
        let expected = [UpstreamSecret(username: "u", password: Secret("p")), UpstreamSecret(token: Secret("t"))]
        #expect(try secrets(text, of: names).get() == expected)
        #expect(try secrets("", of: names).get() == [UpstreamSecret(), UpstreamSecret()])
        #expect(try secrets("[company]\ntoken = 't'", of: ["company"]).get() == [UpstreamSecret(token: Secret("t"))])
        #expect(try secrets("token = 't'", of: ["company"]).get() == [UpstreamSecret(token: Secret("t"))])
    }

    @Test("What belongs to no upstream is refused by its line, and without its value")
    func refused() {
        for (text, names, expected) in [
            (
                "token = 'hunter2'", names,
                "upstream.secret:1: there are several upstreams; write 'token' into the table of the one that it is for"
            ),
            (
                "[company]\nusername = 'u'\n[pytorch]\ntoken = 'hunter2'", names,
                "upstream.secret:3: unknown key 'pytorch'; did you mean 'py-torch'?"
            ),
            (
                "[py-torch]\ntoken = 't'\n[company]\ntoken = 'hunter2'\nusername = 'u'\n", names,
                "upstream.secret:4: 'token' and 'username' exclude each other; keep one"
            ),
            (
                "[company]\ntokn = 'hunter2'", names,
                "upstream.secret:2: unknown key 'tokn'; did you mean 'token'?"
            ),
            (
                "token = 'hunter2'\n[company]\ntoken = 't'", ["company"],
                "upstream.secret:2: [company] and keys outside of any table exclude each other; keep one"
            ),
        ] {
            #expect(problem(secrets(text, of: names)) == expected)
        }
    }

    @Test("Each has variables of its name, and the plain ones are those of the only one")
    func variables() throws {
        let own = ["LARDER_UPSTREAM_PY_TORCH_TOKEN": "t", "LARDER_UPSTREAM_COMPANY_USERNAME": "u"]
        let expected = [UpstreamSecret(username: "u"), UpstreamSecret(token: Secret("t"))]
        #expect(try environment(own, of: names).get() == expected)
        let both = ["LARDER_UPSTREAM_PASSWORD": "p", "LARDER_UPSTREAM_COMPANY_USERNAME": "u"]
        let mixed = [UpstreamSecret(username: "u", password: Secret("p"))]
        #expect(try environment(both, of: ["company"]).get() == mixed)
        #expect(
            problem(environment(both, of: names))
                == "LARDER_UPSTREAM_PASSWORD: there are several upstreams; name the one that it is for, as "
                + "LARDER_UPSTREAM_COMPANY_PASSWORD does"
        )
        #expect(
            problem(environment(["LARDER_UPSTREAM_PY_TORCH_PROXY": "u:hunter2@proxy"], of: names))
                == "LARDER_UPSTREAM_PY_TORCH_PROXY: '…@proxy' has no scheme; write it as http://…"
        )
    }

    @Test("A password without a name is told by the variable of its upstream")
    func lonely() throws {
        var upstream = Configuration.Upstream(url: try IndexURL("https://a.example/"))
        upstream.name = "company"
        let secret = try environment(["LARDER_UPSTREAM_COMPANY_PASSWORD": "p"], of: ["company"]).get()[0]
        let error = #expect(throws: ConfigurationError.self) {
            try upstream.credentials(nil, environment: secret)
        }
        #expect(
            error?.description
                == "LARDER_UPSTREAM_COMPANY_PASSWORD: the upstream has a password but no user name; set "
                + "LARDER_UPSTREAM_COMPANY_USERNAME too"
        )
    }
}
