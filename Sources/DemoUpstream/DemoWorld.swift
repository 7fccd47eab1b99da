extension DemoUpstream {
    /// The project to install for a demonstration; it needs others from the world, over four levels deep.
    package static let application = "demo-blog"
    /// How many projects come with ``application``, which is also a command, on Linux and Python 3.9 or later.
    package static let applicationRequirementCount = 17
    /// The module to import once ``application`` is installed.
    package static let applicationModule = "demo_blog"
    /// A project that has only an sdist, and so is built where it is installed.
    package static let sourceOnly = "demo-feed"
    /// The module to import once ``sourceOnly`` is installed.
    package static let sourceOnlyModule = "demo_feed"

    /// What has happened at first: 40 projects were released, and one release was yanked.
    ///
    /// First come the first releases of all projects, then the second ones, and so on.
    package static var world: [Change] {
        let rounds = DemoProject.all.map(\.releases.count).max() ?? 0
        let releases = (0..<rounds).flatMap { round in
            DemoProject.all.filter { round < $0.releases.count }.map { Change.release($0.distribution(round)) }
        }
        return releases + [.yank(project: "demo-crypt", version: "1.1.0", reason: "wrong padding, use 1.1.1")]
    }

    /// What happens while people watch: a new release, a yanked one, and a project that disappears.
    package static var story: [Change] {
        [
            .release(
                Distribution(
                    name: "demo-web",
                    version: "2.1.0",
                    summary: "A small web framework",
                    requires: DemoProject.webRequires,
                    extras: DemoProject.webExtras,
                    requiresPython: ">=3.9",
                    scripts: ["demo-web": "demo_web:main"]
                )
            ),
            .yank(project: "demo-orm", version: "1.3.0", reason: "loses rows when a session is closed twice"),
            .removeProject("demo-coinage"),
        ]
    }
}

/// One project of the world.
private struct DemoProject {
    /// One release, which Python it runs on and what it requires.
    struct Release {
        let version: String
        let requires: [String]
        var requiresPython = ">=3.8"

        init(_ version: String, _ requires: [String] = [], python: String = ">=3.8") {
            self.version = version
            self.requires = requires
            requiresPython = python
        }
    }

    let name: String
    let summary: String
    let releases: [Release]
    var extras: [String] = []
    var scripts: [String: String] = [:]
    var kinds: Set<Distribution.Kind> = [.wheel, .sdist]

    init(
        _ name: String,
        _ summary: String,
        _ releases: [Release],
        extras: [String] = [],
        scripts: [String: String] = [:],
        kinds: Set<Distribution.Kind> = [.wheel, .sdist]
    ) {
        self.name = name
        self.summary = summary
        self.releases = releases
        self.extras = extras
        self.scripts = scripts
        self.kinds = kinds
    }

    func distribution(_ index: Int) -> Distribution {
        let release = releases[index]
        return Distribution(
            name: name,
            version: release.version,
            summary: summary,
            requires: release.requires,
            extras: extras,
            requiresPython: release.requiresPython,
            scripts: scripts,
            kinds: kinds
        )
    }

    static let webExtras = ["templates", "test"]
    static let webRequires = [
        "demo-http>=1.1,<2", "demo-router~=1.0", "demo-log>=1.0", "demo-template>=2.0 ; extra == 'templates'",
        "demo-testkit ; extra == 'test'", "demo-typing-extras ; python_version < '3.9'",
    ]

    static let all: [DemoProject] = web + data + tools + rest

    private static let web: [DemoProject] = [
        DemoProject(
            "demo-blog",
            "A blog, as an example of an application",
            [
                Release("1.0.0", ["demo-web>=1.0", "demo-orm>=1.0"]),
                Release("1.1.0", ["demo-web[templates]>=1.2,<3", "demo-orm>=1.2,<2", "demo-auth>=1.0"]),
                Release(
                    "1.2.0",
                    [
                        "demo-web[templates]>=2.0,<3", "demo-orm[sqlite]>=1.2,<2", "demo-auth>=1.0",
                        "demo-cli>=1.0", "demo-wincolor ; sys_platform == 'win32'",
                    ]
                ),
            ],
            scripts: ["demo-blog": "demo_blog:main"]
        ),
        DemoProject(
            "demo-web",
            "A small web framework",
            [
                Release("1.0.0", ["demo-http>=1.0", "demo-router>=1.0"]),
                Release("1.2.0", ["demo-http>=1.0", "demo-router>=1.0", "demo-template ; extra == 'templates'"]),
                Release("2.0.0", webRequires),
            ],
            extras: webExtras,
            scripts: ["demo-web": "demo_web:main"]
        ),
        DemoProject(
            "demo-http",
            "Requests and responses of HTTP",
            [Release("1.0.0", ["demo-url"]), Release("1.1.0", ["demo-url>=1.0,!=1.0.1", "demo-headers"])]
        ),
        DemoProject(
            "demo-url",
            "Takes URLs apart",
            [Release("1.0.0"), Release("1.0.1"), Release("1.0.2", ["demo-text>=1"])]
        ),
        DemoProject("demo-headers", "Header fields, in order", [Release("1.0.0", ["demo-text>=1"])]),
        DemoProject(
            "demo-router",
            "Finds the function for a path",
            [Release("1.0.0"), Release("1.0.3", ["demo-url"])]
        ),
        DemoProject(
            "demo-template",
            "Pages from templates",
            [Release("1.0.0"), Release("2.0.0", ["demo-markup>=1.1"]), Release("2.1.0b1", ["demo-markup>=1.1"])]
        ),
        DemoProject("demo-markup", "Escapes text for HTML", [Release("1.0.0"), Release("1.1.0", ["demo-text>=1"])]),
        DemoProject(
            "demo-session",
            "Sessions in signed cookies",
            [Release("1.0.0", ["demo-crypt>=1.0", "demo-http"])]
        ),
        DemoProject("demo-auth", "Who may do what", [Release("1.0.0", ["demo-session", "demo-crypt>=1.0,!=1.1.0"])]),
        DemoProject("demo-forms", "Reads and checks forms", [Release("1.0.0", ["demo-validate", "demo-http"])]),
        DemoProject("demo-static", "Serves files as they are", [Release("1.0.0", ["demo-http"])]),
        DemoProject(
            "demo-gateway",
            "A server for development",
            [Release("0.9.0", ["demo-http"]), Release("1.0.0rc1", ["demo-http"])]
        ),
    ]

    private static let data: [DemoProject] = [
        DemoProject(
            "demo-orm",
            "Objects in tables",
            [
                Release("1.0.0", ["demo-sql"]), Release("1.2.0", ["demo-sql>=1.0"]),
                Release(
                    "1.3.0",
                    ["demo-sql>=1.1", "demo-sqlite ; extra == 'sqlite'", "demo-pool ; extra == 'server'"]
                ),
            ],
            extras: ["sqlite", "server"]
        ),
        DemoProject("demo-sql", "Writes SQL", [Release("1.0.0"), Release("1.1.0", ["demo-text>=1"])]),
        DemoProject("demo-sqlite", "The small database", [Release("1.0.0", ["demo-sql>=1.0"])]),
        DemoProject("demo-pool", "Keeps connections open", [Release("1.0.0", ["demo-sql"])]),
        DemoProject("demo-migrate", "Changes tables step by step", [Release("1.0.0", ["demo-orm>=1.2", "demo-cli"])]),
        DemoProject(
            "demo-cache",
            "Remembers results",
            [Release("1.0.0"), Release("1.0.1"), Release("1.0.2"), Release("1.1.0")]
        ),
        DemoProject("demo-queue", "Does work later", [Release("1.0.0", ["demo-log", "demo-cache>=1.0.1"])]),
        DemoProject("demo-search", "Finds words in texts", [Release("1.0.0", ["demo-stemmer", "demo-text"])]),
        DemoProject("demo-stemmer", "Finds the stem of a word", [Release("2024.1"), Release("2024.2")]),
        DemoProject("demo-validate", "Checks values", [Release("1.0.0"), Release("1.1.0", [], python: ">=3.9")]),
        DemoProject("demo-schema", "Describes values", [Release("1.0.0", ["demo-validate"])]),
        DemoProject("demo-table", "Rows and columns", [Release("1.0.0"), Release("1!0.1.0")]),
    ]

    private static let tools: [DemoProject] = [
        DemoProject(
            "demo-cli",
            "Commands with options",
            [
                Release("1.0.0", ["Demo.Colors>=1.0"]),
                Release("1.1.0", ["Demo.Colors>=1.0", "demo-wincolor ; sys_platform == 'win32'"]),
            ]
        ),
        DemoProject("Demo.Colors", "Colors on terminals", [Release("1.0.0"), Release("1.0.0.post1")]),
        DemoProject("demo-wincolor", "Colors on older consoles", [Release("1.0.0")]),
        DemoProject("demo-log", "Writes down what happens", [Release("1.0.0"), Release("1.1.0", ["demo-text>=1"])]),
        DemoProject("demo-text", "Works on strings", [Release("1.0.0"), Release("1.1.0"), Release("2.0.0.dev1")]),
        DemoProject(
            "demo-config",
            "Reads settings",
            [Release("1.0.0", ["demo-validate", "demo-typing-extras ; python_version < '3.9'"])]
        ),
        DemoProject(
            "demo-testkit",
            "Makes tests short",
            [Release("1.0.0", ["demo-cli"])],
            scripts: ["demo-testkit": "demo_testkit:main"]
        ),
        DemoProject("demo-typing-extras", "Types of newer Pythons", [Release("1.0.0", [], python: ">=3.7")]),
        DemoProject("demo-crypt", "Signs and hashes", [Release("1.0.0"), Release("1.1.0"), Release("1.1.1")]),
        DemoProject("demo-clock", "Times that tests can set", [Release("1.0.0")], kinds: [.wheel]),
    ]

    private static let rest: [DemoProject] = [
        DemoProject("demo-feed", "Feeds of news, the old way", [Release("0.1")], kinds: [.sdist]),
        DemoProject("demo-image", "Pictures made smaller", [Release("1.0.0+local.1")]),
        DemoProject("demo-mail", "Sends letters", [Release("1.0.0", ["demo-template", "demo-queue"])]),
        DemoProject("demo-coinage", "Looks useful, and is not", [Release("0.0.1")]),
        DemoProject(
            "demo-everything",
            "All of it",
            [Release("1.0.0", ["demo-blog", "demo-mail", "demo-search", "demo-migrate"])]
        ),
    ]
}
