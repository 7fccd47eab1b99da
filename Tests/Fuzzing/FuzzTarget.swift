/// A reader of what comes from outside, and what has to hold whatever it is given.
///
/// The fuzzer and the ordinary tests run the same targets; the seeds of each are in `Tests/FuzzCorpus/<name>/`.
package struct FuzzTarget: Sendable {
    /// The name, which is that of its folder of seeds.
    package let name: String
    /// The longest input that the fuzzer tries, in bytes.
    package let maximumByteCount: Int
    private let body: @Sendable ([UInt8]) throws(PropertyViolation) -> Void

    /// Every target.
    package static let all = [
        FuzzTarget("project-page-html", maximumByteCount: 16 << 10) { input throws(PropertyViolation) in
            try ProjectPageProperties.check(input, contentType: "text/html")
        },
        FuzzTarget("project-page-json", maximumByteCount: 16 << 10) { input throws(PropertyViolation) in
            try ProjectPageProperties.check(input, contentType: "application/vnd.pypi.simple.v1+json")
        },
        FuzzTarget("root-list-html", maximumByteCount: 8 << 10) { input throws(PropertyViolation) in
            try RootListProperties.check(input, contentType: "text/html")
        },
        FuzzTarget("root-list-json", maximumByteCount: 8 << 10) { input throws(PropertyViolation) in
            try RootListProperties.check(input, contentType: "application/vnd.pypi.simple.v1+json")
        },
        FuzzTarget("filename", maximumByteCount: 512) { input throws(PropertyViolation) in
            try FilenameProperties.check(input)
        },
        FuzzTarget("version", maximumByteCount: 256) { input throws(PropertyViolation) in
            try VersionProperties.check(input)
        },
        FuzzTarget("specifier", maximumByteCount: 512) { input throws(PropertyViolation) in
            try SpecifierProperties.check(input)
        },
        FuzzTarget("requirement", maximumByteCount: 512) { input throws(PropertyViolation) in
            try RequirementProperties.check(input)
        },
        FuzzTarget("core-metadata", maximumByteCount: 4 << 10) { input throws(PropertyViolation) in
            try CoreMetadataProperties.check(input)
        },
        FuzzTarget("wheel-metadata", maximumByteCount: 8 << 10) { input throws(PropertyViolation) in
            try WheelMetadataProperties.check(input)
        },
        FuzzTarget("provenance", maximumByteCount: 4 << 10) { input throws(PropertyViolation) in
            try ProvenanceProperties.check(input)
        },
        FuzzTarget("requirement-file", maximumByteCount: 4 << 10) { input throws(PropertyViolation) in
            try RequirementFileProperties.check(input)
        },
        FuzzTarget("lock-file-json", maximumByteCount: 8 << 10) { input throws(PropertyViolation) in
            try LockFileProperties.check(input)
        },
        FuzzTarget("bundle", maximumByteCount: 4 << 10) { input throws(PropertyViolation) in
            try BundleProperties.checkDescription(input)
        },
        FuzzTarget("bundle-line", maximumByteCount: 2 << 10) { input throws(PropertyViolation) in
            try BundleProperties.checkLine(input)
        },
        FuzzTarget("record", maximumByteCount: 8 << 10) { input throws(PropertyViolation) in
            try RecordProperties.check(input)
        },
        FuzzTarget("request", maximumByteCount: 1 << 10) { input throws(PropertyViolation) in
            try RequestProperties.check(input)
        },
        FuzzTarget("signature", maximumByteCount: 1 << 10) { input throws(PropertyViolation) in
            try SignatureProperties.check(input)
        },
        FuzzTarget("tar", maximumByteCount: 16 << 10) { input throws(PropertyViolation) in
            try TarProperties.check(input)
        },
        FuzzTarget("toml", maximumByteCount: 8 << 10) { input throws(PropertyViolation) in
            try TOMLProperties.check(input)
        },
        FuzzTarget("lock-file-toml", maximumByteCount: 8 << 10) { input throws(PropertyViolation) in
            try LockFileProperties.check(input)
        },
    ]

    /// The target of a name; `nil` when there is none.
    package static func named(_ name: String) -> FuzzTarget? {
        all.first { $0.name == name }
    }

    private init(
        _ name: String,
        maximumByteCount: Int,
        _ body: @escaping @Sendable ([UInt8]) throws(PropertyViolation) -> Void
    ) {
        self.name = name
        self.maximumByteCount = maximumByteCount
        self.body = body
    }

    /// Reads an input, which may be refused, and checks what came of it.
    ///
    /// - Throws: ``PropertyViolation`` when something does not hold.
    package func check(_ input: [UInt8]) throws(PropertyViolation) {
        try body(input)
    }
}
