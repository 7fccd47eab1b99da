import Packaging
import Testing

@Suite struct MarkerTests {
    private static let linux = MarkerEnvironment(
        osName: "posix",
        sysPlatform: "linux",
        platformMachine: "x86_64",
        platformPythonImplementation: "CPython",
        platformRelease: "6.1.0-13-amd64",
        platformSystem: "Linux",
        platformVersion: "#1 SMP",
        pythonVersion: "3.12",
        pythonFullVersion: "3.12.4",
        implementationName: "cpython",
        implementationVersion: "3.12.4"
    )

    /// The examples of PEP 508 and others of its forms.
    @Test(arguments: [
        ("python_version < '2.7' and platform_version == '2'", false), ("os_name=='a' or os_name=='posix'", true),
        ("os_name=='a' and os_name=='b' or os_name=='posix'", true),
        ("os_name=='a' and (os_name=='b' or os_name=='posix')", false),
        ("python_version >= '3.9'", true), ("python_version >= \"3.13\"", false), ("'3.9' <= python_version", true),
        ("'3.13' >= python_version", true), ("python_version == '3.12.*'", true), ("python_version ~= '3.10'", true),
        ("python_version in '3.11 3.12'", true), ("python_version not in '3.11 3.12'", false),
        ("python_full_version < '3.12.5'", true), ("sys.platform == 'linux'", true), ("os.name == 'posix'", true),
        ("platform.machine == 'x86_64'", true), ("platform.version == '#1 SMP'", true),
        ("python_implementation == 'CPython'", true), ("platform.python_implementation == 'CPython'", true),
        ("implementation_name == 'cpython' and implementation_version >= '3'", true), ("'linux' in sys_platform", true),
        ("sys_platform < 'mac'", false), ("sys_platform <= 'linux'", true), ("platform_release >= '6'", false),
        ("platform_release == '6.1.0-13-amd64'", true), ("extra == 'dev'", false), ("extra == ''", true),
        ("os_name == sys_platform", false), ("python_version >= '3.9' and 'x' == extra or (os_name != 'nt')", true),
        ("os_name == 'po\\x73ix'", true), ("(((os_name == 'posix')))", true), ("'posix' == 'os_name'", true),
        ("python_version=='3.12'and os_name=='posix'", true), ("python_version === '3.12'", true),
    ])
    func holds(_ marker: String, _ expected: Bool) throws {
        let parsed = try Marker.parse(marker)
        #expect(try parsed.evaluate(in: Self.linux) == expected)
        #expect(try Marker.parse(parsed.description) == parsed)
    }

    @Test func extras() throws {
        let marker = try Marker.parse("python_version > '3' and extra == 'Dev_Tools'")
        #expect(marker.description == "python_version > \"3\" and extra == \"dev-tools\"")
        #expect(try !marker.evaluate(in: Self.linux))
        #expect(try marker.evaluate(in: Self.linux, extras: [ExtraName("dev.tools"), ExtraName("a")]))
        #expect(try !marker.evaluate(in: Self.linux, extras: [ExtraName("a")]))
        #expect(marker.variables == [.pythonVersion, .extra])
        #expect(try !Marker.parse("extra == ''").evaluate(in: Self.linux, extras: [ExtraName("a")]))
    }

    @Test func lockFiles() throws {
        let context = Marker.Context.lockFile(extras: [ExtraName("Dev")], dependencyGroups: [ExtraName("test")])
        #expect(try Marker.parse("'DEV' in extras").evaluate(in: Self.linux, context: context))
        #expect(try Marker.parse("'x' not in dependency_groups").evaluate(in: Self.linux, context: context))
        #expect(throws: MarkerError.undefinedVariable("extras")) {
            try Marker.parse("'dev' in extras").evaluate(in: Self.linux)
        }
        #expect(throws: MarkerError.undefinedVariable("extra")) {
            try Marker.parse("extra == 'dev'").evaluate(in: Self.linux, context: context)
        }
        #expect(throws: MarkerError.self) {
            try Marker.parse("extras == 'dev'").evaluate(in: Self.linux, context: context)
        }
    }

    @Test func withoutMeaning() throws {
        #expect(throws: MarkerError.undefinedComparison(left: "posix", comparison: "~=", right: "posix")) {
            try Marker.parse("os_name == 'posix' or os_name ~= 'posix'").evaluate(in: Self.linux)
        }
        #expect(throws: MarkerError.undefinedVariable("b")) {
            try Marker.parse("'a' == 'b'").evaluate(in: Self.linux)
        }
    }

    @Test(arguments: [
        ("", 0), ("os_name", 7), ("os_name == ", 11), ("os_name = 'a'", 8), ("os_name == 'a", 11),
        ("os_name == 'a' and", 18), ("os_names == 'a'", 0), ("(os_name == 'a'", 15), ("os_name == 'a')", 14),
        ("os_name not 'a'", 12), ("os_name == '\\x4'", 11), ("os_name == 'a'\n", 14), ("os_name == \"a\nb\"", 11),
        ("python_version == '3' or else", 25),
    ])
    func refused(_ marker: String, _ offset: Int) {
        let error = #expect(throws: MarkerError.self) { try Marker.parse(marker) }
        guard case .syntax(let syntax) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(syntax.offset == offset && syntax.text == marker)
    }

    @Test func quotesOfBothKinds() throws {
        let marker = try Marker.parse("os_name == 'a\"b\\x27c\\\\'")
        #expect(marker.description == "os_name == \"a\\x22b'c\\\\\"")
        #expect(try Marker.parse(marker.description) == marker)
    }

    @Test func depthIsBounded() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "(", count: depth) + "os_name == 'posix'" + String(repeating: ")", count: depth)
        }
        #expect(try Marker.parse(nested(Marker.maximumDepth)).evaluate(in: Self.linux))
        #expect(throws: MarkerError.self) { try Marker.parse(nested(100_000)) }
    }
}
