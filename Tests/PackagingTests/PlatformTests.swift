import Packaging
import Testing

@Suite struct PlatformTests {
    @Test(
        arguments: [
            ("any", PlatformTag.System.any, nil, nil, []), ("linux_armv6l", .linux, nil, "armv6l", []),
            ("manylinux1_i686", .linux, .glibc, "i686", [2, 5]),
            ("manylinux2014_x86_64", .linux, .glibc, "x86_64", [2, 17]),
            ("manylinux_2_28_x86_64", .linux, .glibc, "x86_64", [2, 28]), ("manylinux3000_x", .linux, .glibc, nil, []),
            ("musllinux_1_2_aarch64", .linux, .musl, "aarch64", [1, 2]),
            ("MACOSX_11_0_ARM64", .macos, nil, "arm64", [11, 0]),
            ("macosx_10_9_x86_64", .macos, nil, "x86_64", [10, 9]), ("macosx_10", .macos, nil, nil, []),
            ("win32", .windows, nil, "x86", []), ("win_amd64", .windows, nil, "amd64", []),
            ("ios_13_0_arm64_iphoneos", .ios, nil, "arm64_iphoneos", [13, 0]),
            ("android_21_arm64_v8a", .android, nil, "arm64_v8a", [21]),
            ("pyodide_2024_0_wasm32", .emscripten, nil, "wasm32", [2024, 0]),
            ("emscripten_4_0_9_wasm32", .emscripten, nil, "wasm32", [4, 0, 9]),
            ("freebsd_14_0_release_amd64", .other, nil, nil, []), ("", .other, nil, nil, []),
        ] as [(String, PlatformTag.System, PlatformTag.Library?, String?, [Int])]
    )
    func parts(
        _ tag: String,
        _ system: PlatformTag.System,
        _ library: PlatformTag.Library?,
        _ architecture: String?,
        _ version: [Int]
    ) {
        let platform = PlatformTag(tag)
        #expect(platform.system == system && platform.library == library)
        #expect(platform.architecture == architecture && platform.version == version)
    }

    @Test(arguments: [
        ("windows", "win32", true), ("windows", "win_arm64", true), ("windows", "any", false),
        ("macos", "win32", false),
        ("linux", "manylinux1_i686", true), ("musl", "musllinux_1_1_i686", true), ("musl", "manylinux1_i686", false),
        ("manylinux", "manylinux_2_17_x86_64", true), ("macosx_*", "macosx_11_0_arm64", true),
        ("*_aarch64", "manylinux_2_17_aarch64", true), ("*_aarch64", "manylinux_2_17_x86_64", false),
        ("macosx_*_x86_64", "macosx_10_9_x86_64", true), ("macosx_1?_0_*", "macosx_11_0_arm64", true),
        ("WIN_AMD64", "win_amd64", true), ("win_amd64", "WIN_AMD64", true), ("win32", "win_amd64", false),
        ("any", "any", true), ("*", "any", true), ("wasm", "pyodide_2024_0_wasm32", true), ("*a*b*", "aab", true),
        ("*a*b", "aabc", false),
    ])
    func patterns(_ pattern: String, _ platform: String, _ expected: Bool) throws {
        #expect(try PlatformPattern.parse(pattern).matches(platform) == expected)
    }

    @Test(arguments: ["", "window", "macosx-*", "win amd64", "other", "linüx"])
    func noPattern(_ text: String) {
        #expect(throws: PlatformPatternError.self) { try PlatformPattern.parse(text) }
    }

    /// A wheel for several platforms stays as long as one of them is wanted.
    @Test func keepsIfAnyPlatformIsKept() throws {
        let project = try #require(ProjectName("foo"))
        func isExcluded(_ platforms: String, by patterns: [String]) throws -> Bool {
            let name = try DistributionFilename.parse("foo-1-py3-none-\(platforms).whl", project: project)
            guard case .wheel(let tags) = name.kind else { return false }
            return try tags.isExcluded(by: patterns.map { try PlatformPattern.parse($0) })
        }
        #expect(try isExcluded("win_amd64", by: ["windows"]))
        #expect(try !isExcluded("win_amd64.macosx_11_0_arm64", by: ["windows"]))
        #expect(try isExcluded("win_amd64.macosx_11_0_arm64", by: ["windows", "macosx_*"]))
        #expect(try !isExcluded("any", by: ["windows", "macos", "linux"]))
        #expect(try !isExcluded("any", by: []))
    }
}
