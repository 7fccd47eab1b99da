import Packaging
import Testing

@Suite struct DistributionMetadataTests {
    private func read(_ text: String) -> DistributionMetadata { DistributionMetadata(Array(text.utf8)) }

    @Test func fields() {
        let metadata = read(
            """
            Metadata-Version: 2.1
            Name: Requests
            Version: 2.28.0
            Summary: Python HTTP for Humans.
            Classifier: Programming Language :: Python
            Requires-Python: >=3.7, <4
            requires-dist: charset-normalizer (<3,>=2)
            Requires-Dist: idna
              <4, >=2.5
            Requires-Dist: PySocks (!=1.5.7,>=1.5.6) ; extra == 'Use_Chardet'
            Requires-Dist: broken package
            Provides-Extra: Use_Chardet
            Provides-Extra: use-chardet
            Provides-Extra: socks

            Requires-Dist: not-this
            """
        )
        #expect(metadata.metadataVersion == "2.1" && metadata.name == "Requests" && metadata.version == "2.28.0")
        #expect(metadata.requiresPython == ">=3.7, <4")
        #expect(
            metadata.requirements.map(\.description) == [
                "charset-normalizer<3,>=2", "idna<4,>=2.5", "pysocks!=1.5.7,>=1.5.6; extra == \"use-chardet\"",
            ]
        )
        #expect(metadata.providedExtras == [ExtraName("use-chardet"), ExtraName("socks")])
        #expect(metadata.problems.count == 1 && !metadata.hasStaticDependencies)
        guard case .requirement("broken package", .syntax(let error)) = metadata.problems.first else {
            Issue.record("\(metadata.problems)")
            return
        }
        #expect(error.offset == 7)
    }

    @Test(arguments: [
        ("Metadata-Version: 2.2\n", true), ("Metadata-Version: 2.10\nDynamic: Summary\n", true),
        ("Metadata-Version: 2.2\nDynamic: Requires-Dist\n", false), ("Metadata-Version: 2.1\n", false),
        ("Metadata-Version: 2.4\nDynamic: provides-extra\n", false), ("", false), ("Metadata-Version: x\n", false),
    ])
    func staticDependencies(_ text: String, _ expected: Bool) {
        #expect(read(text).hasStaticDependencies == expected)
    }

    @Test(
        arguments: [
            ("Name: a\r\nVersion: 1\r\n\r\nbody", "a", "1"), ("Name: a\rVersion: 1\r", "a", "1"),
            ("Name:a\nVersion :1", "a", nil),
            ("From here\nName: a\nVersion: 1", "a", "1"), (" folded\nName: a\n b\nVersion:\n 1", "a b", "1"),
            (": x\nName: a\nFrom x\nVersion: 1", "a", "1"), ("Name: a\nno header\nVersion: 1", "a", nil),
            ("\u{FEFF}Name: a\nVersion: 1", nil, nil), ("NAME: é\nVersion: 1", "é", "1"),
            ("Name: a\nName: a\nVersion: 1", nil, "1"),
            ("Name: a\n \n\t\nVersion: 1", "a", "1"), ("\nName: a", nil, nil), ("", nil, nil),
        ] as [(String, String?, String?)]
    )
    func shapes(_ text: String, _ name: String?, _ version: String?) {
        let metadata = read(text)
        #expect(metadata.name == name && metadata.version == version)
    }

    @Test func bytesThatAreNoText() {
        let metadata = DistributionMetadata(Array("Name: ".utf8) + [0xFF, 0x0A] + Array("Version: 1\nName: b\n".utf8))
        #expect(metadata.version == "1" && metadata.name == nil)
        #expect(metadata.problems == [.notText(field: "name"), .repeated(field: "name")])
        let many = read(String(repeating: "Requires-Dist: a\n", count: DistributionMetadata.maximumCount + 5))
        #expect(many.requirements.count == DistributionMetadata.maximumCount)
        #expect(many.problems == [.tooMany(field: "requires-dist")])
    }
}
