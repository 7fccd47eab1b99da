import Packaging
import Testing

@Suite struct DistributionDescriptionTests {
    private func read(_ text: String) -> DistributionDescription { DistributionDescription(Array(text.utf8)) }

    @Test func fields() {
        let found = read(
            """
            Metadata-Version: 2.4
            Name: Demo
            Summary: One
              line
            Author:
            Home-page: https://demo.example
            Home-page: https://second.example
            Project-URL: Docs , https://docs.example/a,b
            Project-URL: docs, https://lower.example
            Project-URL: Docs, https://second.example
            Project-URL: no comma
            Classifier: B
            Classifier: A
            Requires-Dist: broken package
            License-File: LICENSE

            Title
            =====
            """
        )
        #expect(found.value(of: "summary") == "One line" && found.value(of: "Author") == nil)
        #expect(found.value(of: "Home-Page") == "https://demo.example" && found.value(of: "License") == nil)
        #expect(
            found.projectURLs.map { "\($0.label) \($0.url)" } == [
                "Docs https://docs.example/a,b", "docs https://lower.example",
            ]
        )
        #expect(
            found.values(of: "Classifier") == ["B", "A"] && found.values(of: "Requires-Dist") == ["broken package"]
        )
        #expect(found.values(of: "license-file") == ["LICENSE"] && found.values(of: "Dynamic") == [])
        #expect(found.text == "Title\n=====")
    }

    @Test(
        arguments: [
            ("Name: a\r\n\r\nbody\r\n", "body\r\n"), ("Name: a\n\n\nbody", "\nbody"),
            ("Name: a\nno header\nx", "no header\nx"),
            ("\nbody", "body"), ("Name: a\n\n", nil), ("Name: a", nil), ("", nil), ("Name: a\r\rbody", "body"),
            ("Description: one\n        two\n          three\n       |four\n\n", "one\ntwo\n  three\nfour"),
            ("Description: one\nDescription: two\n", "one"), ("Description: header\n\nbody", "body"),
        ] as [(String, String?)]
    )
    func text(_ metadata: String, _ expected: String?) {
        #expect(read(metadata).text == expected)
    }

    @Test func notText() {
        let found = DistributionDescription(
            Array("Summary: ".utf8) + [0xFF] + Array("\nAuthor: a\nDescription: ".utf8) + [0xC3] + Array("\n".utf8)
        )
        #expect(found.value(of: "Summary") == nil && found.value(of: "Author") == "a" && found.text == nil)
        #expect(DistributionDescription(Array("Name: a\n\n".utf8) + [0xFF, 0x61]).text == "\u{FFFD}a")
    }
}
