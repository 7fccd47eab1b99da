import Packaging
import Testing

@Suite struct TargetEnvironmentTests {
    private func wheel(_ filename: String) throws -> WheelTags {
        let parsed = try DistributionFilename.parse(filename, project: try #require(ProjectName("foo")))
        guard case .wheel(let tags) = parsed.kind else {
            Issue.record("\(filename) is no wheel")
            throw TargetEnvironmentError.platform(filename)
        }
        return tags
    }

    @Test(arguments: [
        ("3.12", "linux", "py3-none-any", true), ("3.12", "linux", "cp312-cp312-manylinux_2_17_x86_64", true),
        ("3.12", "linux", "cp312-cp312-manylinux2014_x86_64.manylinux_2_17_x86_64", true),
        ("3.12", "linux", "cp312-cp312-manylinux_2_34_x86_64", false),
        ("3.12", "linux", "cp312-cp312-musllinux_1_1_x86_64", false),
        ("3.12", "linux", "cp312-cp312-linux_x86_64", true), ("3.12", "linux", "cp38-abi3-manylinux1_x86_64", true),
        ("3.12", "linux", "cp313-abi3-manylinux1_x86_64", false),
        ("3.12", "linux", "cp38-cp38-manylinux1_x86_64", false),
        ("3.12", "linux", "cp312-none-any", true), ("3.12", "linux", "cp311-none-any", false),
        ("3.12", "linux", "py2.py3-none-manylinux2010_x86_64", true), ("3.12", "linux", "py39-none-any", true),
        ("3.12", "linux", "py313-none-any", false), ("3.12", "linux", "py2-none-any", false),
        ("3.12", "musllinux_1_2_aarch64", "cp312-cp312-musllinux_1_1_aarch64", true),
        ("3.12", "musllinux_1_2_aarch64", "cp312-cp312-manylinux_2_17_aarch64", false),
        ("3.13t", "linux", "cp313-cp313t-manylinux_2_28_x86_64", true),
        ("3.13t", "linux", "cp313-abi3-manylinux_2_28_x86_64", false),
        ("3.13", "linux", "cp313-cp313t-linux_x86_64", false),
        ("3.15t", "linux", "cp314-abi3t-manylinux_2_28_x86_64", true), ("3.7", "windows", "cp37-cp37m-win_amd64", true),
        ("3.12", "windows", "cp312-cp312-win32", false), ("3.12", "macos", "cp312-cp312-macosx_11_0_arm64", true),
        ("3.12", "macos", "cp312-cp312-macosx_10_9_universal2", true),
        ("3.12", "macos", "cp312-cp312-macosx_10_9_x86_64", false),
        ("3.12", "macos", "cp312-cp312-macosx_15_0_arm64", false),
        ("3.12", "macosx_12_3_x86_64", "cp312-cp312-macosx_10_6_intel", true),
        ("3.13", "ios_13_0_arm64_iphoneos", "cp313-cp313-ios_12_0_arm64_iphoneos", true),
        ("3.13", "android_24_arm64_v8a", "cp313-cp313-android_21_arm64_v8a", true),
        ("3.13", "pyemscripten_2025_0_wasm32", "cp313-cp313-pyemscripten_2025_0_wasm32", true),
        ("3.12", "linux", "CP312-ABI3-Manylinux_2_17_x86_64", true), ("3.12", "linux", "cp312-abi3-any", false),
    ])
    func accepts(_ python: String, _ platform: String, _ tags: String, _ expected: Bool) throws {
        let environment = try TargetEnvironment(python: python, platform: platform)
        let wheel = try wheel("foo-1.0-\(tags).whl")
        #expect(environment.accepts(wheel) == expected)
        #expect(wheel.tags.isDisjoint(with: environment.supportedTags) == !expected)
    }

    @Test func pypy() throws {
        let environment = try TargetEnvironment(python: "3.10", platform: "linux_x86_64", implementation: .pypy)
        #expect(try environment.accepts(wheel("foo-1-pp310-pypy310_pp73-linux_x86_64.whl")))
        #expect(try environment.accepts(wheel("foo-1-pp3-none-any.whl")))
        #expect(try !environment.accepts(wheel("foo-1-cp310-cp310-linux_x86_64.whl")))
        #expect(environment.supportedTags.first?.description == "pp310-pypy310_pp73-linux_x86_64")
        #expect(environment.supportedTags.last?.description == "py30-none-any")
        #expect(environment.markers.platformPythonImplementation == "PyPy")
    }

    @Test func order() throws {
        let environment = try TargetEnvironment(python: "3.3.7", platform: "manylinux2014_aarch64")
        #expect(
            environment.supportedTags.map(\.description).prefix(10) == [
                "cp33-cp33m-linux_aarch64", "cp33-cp33m-manylinux_2_17_aarch64", "cp33-cp33m-manylinux2014_aarch64",
                "cp33-abi3-linux_aarch64", "cp33-abi3-manylinux_2_17_aarch64", "cp33-abi3-manylinux2014_aarch64",
                "cp33-none-linux_aarch64", "cp33-none-manylinux_2_17_aarch64", "cp33-none-manylinux2014_aarch64",
                "cp32-abi3-linux_aarch64",
            ]
        )
        #expect(environment.platforms == ["linux_aarch64", "manylinux_2_17_aarch64", "manylinux2014_aarch64"])
    }

    @Test(arguments: [
        ("linux", "sys_platform == 'linux' and platform_machine == 'x86_64' and os_name == 'posix'"),
        ("windows", "sys_platform == 'win32' and platform_machine == 'AMD64' and os_name == 'nt'"),
        ("win32", "platform_system == 'Windows' and platform_machine == 'x86'"),
        ("macos", "sys_platform == 'darwin' and platform_machine == 'arm64' and platform_system == 'Darwin'"),
        ("android_24_arm64_v8a", "sys_platform == 'android' and platform_machine == 'aarch64'"),
        ("ios_13_0_arm64_iphonesimulator", "sys_platform == 'ios' and platform_machine == 'arm64'"),
        ("pyemscripten_2025_0_wasm32", "sys_platform == 'emscripten' and platform_machine == 'wasm32'"),
        ("linux", "python_version == '3.12' and python_full_version == '3.12.4'"),
        ("linux", "implementation_name == 'cpython' and implementation_version == '3.12.4'"),
        ("linux", "platform_release == '' and platform_version == ''"),
    ])
    func markers(_ platform: String, _ marker: String) throws {
        let environment = try TargetEnvironment(python: "3.12.4", platform: platform)
        #expect(try Marker.parse(marker).evaluate(in: environment.markers))
        #expect(try environment.needs(Requirement.parse("foo; \(marker)")))
        #expect(try !environment.needs(Requirement.parse("foo; extra == 'dev'")))
        #expect(try environment.needs(Requirement.parse("foo; extra == 'dev'"), extras: [ExtraName("Dev")]))
    }

    @Test func requiresPython() throws {
        let environment = try TargetEnvironment(python: "3.12", platform: "linux")
        #expect(environment.description == "cpython 3.12.99 on manylinux_2_28_x86_64")
        #expect(try environment.satisfies(requiresPython: .parse(">=3.8,<4")))
        // Two numbers are the latest patch, which those who name a patch mean.
        #expect(try environment.satisfies(requiresPython: .parse(">=3.12.1,!=3.12.0")))
        #expect(try Marker.parse("python_full_version >= '3.12.4'").evaluate(in: environment.markers))
        #expect(try !environment.satisfies(requiresPython: .parse(">=3.13")))
        let exact = try TargetEnvironment(python: "3.12.0", platform: "linux")
        #expect(try !exact.satisfies(requiresPython: .parse(">=3.12.1")))
        let coming = try TargetEnvironment(python: "3.15.0rc1", platform: "linux")
        #expect(try coming.satisfies(requiresPython: .parse(">=3.14")) && coming.markers.pythonVersion == "3.15")
    }

    @Test(arguments: [
        ("3", "linux"), ("three", "linux"), ("3.12.0.1", "linux"), ("3.12.dev1", "linux"), ("3.12t", "linux"),
        ("3.12", "solaris"), ("3.12", "any"), ("3.12", "manylinux_2_28"), ("3.12", "macosx_14_0_universal2"),
        ("3.12", "manylinux_2_28_mips"), ("3.12", "macosx_99999_0_arm64"), ("3.12", ""), ("1!3.12", "linux"),
        ("3.400", "linux"), ("3.13t ", "linux"),
    ])
    func refused(_ python: String, _ platform: String) {
        let error = #expect(throws: TargetEnvironmentError.self) {
            try TargetEnvironment(python: python, platform: platform)
        }
        #expect(error?.description.contains("'") == true)
    }
}
