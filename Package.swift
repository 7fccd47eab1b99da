// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]
let strictC: [CSetting] = [.enableWarning("all"), .enableWarning("extra"), .treatAllWarnings(as: .error)]
let strictCXX: [CXXSetting] = [.enableWarning("all"), .enableWarning("extra"), .treatAllWarnings(as: .error)]

let filePath: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")

/// A module of Larder, with the settings that all of them share.
func module(_ name: String, path: String? = nil, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, path: path, swiftSettings: strict)
}

/// The tests of one module, through its public face.
func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, exclude: [], swiftSettings: strict)
}

/// A library of the system, found by pkg-config and installed by its Debian package.
func system(_ name: String, pkgConfig: String?, debian: String) -> Target {
    .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([debian])])
}

let package = Package(
    name: "larder",
    products: [.executable(name: "larder", targets: ["larder"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-system", exact: "1.8.1"),
    ],
    targets: [
        // The program, and its workflows.
        .executableTarget(
            name: "larder",
            dependencies: [
                "Mirror", "Publication", "Configuration", "Catalog", "ObjectStore", "Transfer", "Packaging", "Digest",
                "Minisign", "Bundle", "FileIO", "Layouts", "HTTPServer", "ServedTree", "DemoUpstream", "ChildProcess",
                "Scheduling", "JSON",
                "SimpleIndex",
                filePath,
                logging,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict
        ),
        module(
            "Mirror",
            [
                "Publication", "Selection", "Configuration", "Catalog", "ObjectStore", "Transfer", "Bundle", "Tar",
                "Streamer", "ServedTree",
                "WebPages", "Record", "SimpleIndex", "Requirements", "Packaging", "WheelMetadata", "Provenance",
                "Minisign", "Digest", "FileIO", "JSON", "Scheduling", filePath, logging,
            ]
        ),

        // The parts, each standing only on those below it.
        module(
            "Publication",
            [
                "Catalog", "ObjectStore", "Record", "WebPages", "SimpleIndex", "WheelMetadata", "Packaging", "Gzip",
                "Minisign",
                "Digest", "FileIO", "JSON", "Scheduling", filePath,
            ]
        ),
        module("ServedTree", ["FileIO", filePath]),
        module("Streamer", ["ServedTree", "Transfer", "Digest", "Scheduling", "FileIO", filePath]),
        module(
            "HTTPServer",
            ["ServedTree", "Scheduling", "FileIO"]
                + ["NIOCore", "NIOPosix", "NIOHTTP1"].map { .product(name: $0, package: "swift-nio") }
        ),
        module("Selection", ["Requirements", "SimpleIndex", "Packaging", "RegularExpression"]),
        module("Configuration", ["ChildProcess", "Packaging", "RegularExpression", "TOML", filePath]),
        module("Requirements", ["Packaging", "Digest", "JSON", "TOML", filePath]),
        module("Record", ["SimpleIndex", "Packaging", "Digest", "FileIO", "JSON", filePath]),
        module("Catalog", ["CLMDB", "CZlib", "Packaging", "Digest", "FileIO", "Scheduling", filePath]),
        module("ObjectStore", ["Digest", "FileIO", "Scheduling", filePath]),
        module("Transfer", ["CCurl", "CCurlShim", "Digest", "FileIO", "Gzip", "Scheduling", filePath, logging]),
        .target(
            name: "WebPages",
            dependencies: ["SimpleIndex", "Packaging", "Digest"],
            resources: [
                .embedInCode("Assets/style.css"), .embedInCode("Assets/search.js"), .embedInCode("Assets/icon.svg"),
            ],
            swiftSettings: strict
        ),
        module("SimpleIndex", ["CXML2", "JSON", "Packaging", "Digest"]),
        module("Provenance", ["JSON", "Digest"]),
        module("Bundle", ["Tar", "Packaging", "Digest", "JSON"]),
        module("Tar", ["Scheduling", "CArchive"]),
        module("WheelMetadata", ["CArchive", "Packaging", "Digest", filePath]),
        module("DemoUpstream", ["CArchive", "SimpleIndex", "Packaging", "Digest", "JSON", "FileIO", filePath]),
        module("Packaging", []),
        module("RegularExpression", []),
        .target(
            name: "Layouts",
            path: "layouts",
            exclude: [
                "nginx/README.md", "apache/README.md", "caddy/README.md", "lighttpd/README.md", "plain/README.md",
            ],
            resources: [
                .embedInCode("nginx/nginx.conf.in"), .embedInCode("apache/apache.conf.in"),
                .embedInCode("caddy/Caddyfile.in"), .embedInCode("lighttpd/lighttpd.conf.in"),
            ],
            swiftSettings: strict
        ),

        // What the parts are made of.
        module("ChildProcess", ["CLinux", filePath]),
        module("Gzip", ["CZlib"]),
        module("JSON", ["CSimdJSON"]),
        module("TOML", ["CTOMLPlusPlus"]),
        module("FileIO", ["CLinux", filePath]),
        module("Minisign", ["COpenSSL", "Digest"]),
        module("Digest", ["COpenSSL"]),
        module("Scheduling", ["CLinux"]),

        // The system's libraries, and the smallest shims that Swift needs.
        system("CCurl", pkgConfig: "libcurl", debian: "libcurl4-openssl-dev"),
        system("CLMDB", pkgConfig: "lmdb", debian: "liblmdb-dev"),
        system("COpenSSL", pkgConfig: "libcrypto", debian: "libssl-dev"),
        system("CArchive", pkgConfig: "libarchive", debian: "libarchive-dev"),
        system("CXML2", pkgConfig: "libxml-2.0", debian: "libxml2-dev"),
        system("CZlib", pkgConfig: "zlib", debian: "zlib1g-dev"),
        system("CSimdJSONLibrary", pkgConfig: nil, debian: "libsimdjson-dev"),
        .target(name: "CCurlShim", dependencies: ["CCurl"], cSettings: strictC),
        // No Swift file imports the library's module, so its link flag is said here.
        .target(
            name: "CSimdJSON",
            dependencies: ["CSimdJSONLibrary"],
            cxxSettings: strictCXX,
            linkerSettings: [.linkedLibrary("simdjson")]
        ),
        // toml++ is headers alone, of libtomlplusplus-dev: there is nothing to link, and its pkg-config file would.
        .target(name: "CTOMLPlusPlus", cxxSettings: strictCXX),
        .target(name: "CLinux", cSettings: strictC),

        // Tests, and what several of them need: folders, programs, and servers of their own.
        module("TestSupport", path: "Tests/TestSupport", ["CLinux", "Scheduling", filePath]),
        tests("TOMLTests", ["TOML"]),
        tests("MinisignTests", ["Minisign"]),
        tests("PackagingTests", ["Packaging"]),
        .testTarget(
            name: "RequirementsTests",
            dependencies: ["Requirements", "Packaging", filePath],
            exclude: ["Fixtures"],
            swiftSettings: strict
        ),
        tests("SimpleIndexTests", ["SimpleIndex", "Packaging", "JSON", "Digest"]),
        tests("TransferTests", ["Transfer", "Digest", "FileIO", "Scheduling", "TestSupport", filePath, logging]),
        tests(
            "ConfigurationTests",
            ["Configuration", "Layouts", "Packaging", "RegularExpression", "TestSupport", filePath]
        ),
        tests(
            "StoreTests",
            [
                "Mirror", "Publication", "Selection", "Configuration", "ObjectStore", "Catalog", "Record",
                "SimpleIndex", "Packaging", "RegularExpression", "Requirements", "Digest", "FileIO", "JSON",
                "Scheduling", "CLMDB",
                filePath, logging,
            ]
        ),
        // Properties that hold for any input: run by the tests on the corpus, and by tools/fuzz.
        module(
            "Fuzzing",
            path: "Tests/Fuzzing",
            [
                "SimpleIndex", "Requirements", "Packaging", "WheelMetadata", "Provenance", "TOML", "Bundle", "Record",
                "Minisign", "Tar", "Digest", "ServedTree", filePath,
            ]
        ),
        tests("FuzzTests", ["Fuzzing"]),
        tests("ServedTreeTests", ["ServedTree", "FileIO", "TestSupport", filePath]),
        tests("HTTPServerTests", ["HTTPServer", "ServedTree", "FileIO", "Scheduling", "TestSupport", filePath]),
        tests("BundleTests", ["Bundle", "Tar", "Packaging", "Digest"]),
        tests(
            "WheelMetadataTests",
            ["WheelMetadata", "DemoUpstream", "Gzip", "Packaging", "Digest", "FileIO", filePath]
        ),
        tests(
            "MirrorTests",
            [
                "CLinux", "ChildProcess", "DemoUpstream", "Digest", "FileIO", "Layouts", "Mirror", "Packaging",
                "Scheduling", "TestSupport", "Transfer", filePath, logging,
            ]
        ),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)

// libFuzzer brings a main of its own, so that this program can be built by tools/fuzz only.
if Context.environment["LARDER_FUZZ"] != nil {
    package.targets.append(
        .executableTarget(
            name: "FuzzDriver",
            dependencies: ["Fuzzing"],
            path: "Tests/FuzzDriver",
            swiftSettings: strict
        )
    )
}

// What tools/differential compares with Python's `packaging`, and tools/bench measures; of no use in the program.
if Context.environment["LARDER_DIFFERENTIAL"] != nil {
    package.targets.append(
        .executableTarget(
            name: "PackagingDriver",
            dependencies: ["Packaging", "JSON"],
            path: "Tests/PackagingDriver",
            swiftSettings: strict
        )
    )
    package.targets.append(
        .executableTarget(
            name: "SelectionDriver",
            dependencies: ["Selection", "SimpleIndex", "Packaging", "RegularExpression", "JSON"],
            path: "Tests/SelectionDriver",
            swiftSettings: strict
        )
    )
}
