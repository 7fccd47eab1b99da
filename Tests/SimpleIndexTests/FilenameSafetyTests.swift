import SimpleIndex
import Testing

@Suite struct FilenameSafetyTests {
    @Test(arguments: [
        "pyfurby-0.1 (1).tar.gz", "scikit-highs-('0.6.0',).tar.gz", "mkey.zip", "a#b%c[d],e.zip",
        "torch-2.6.0+cu126.whl",
        "pkg-1!2.0-py3-none-any.whl", "-leading.zip", "é.zip", "日本.zip", "%2e%2e", "x.metadata.zip", "~",
        String(repeating: "x", count: 240),
    ])
    func safe(_ name: String) {
        #expect(FilenameSafety.violation(of: name) == nil)
    }

    @Test(arguments: [
        ("", FilenameSafety.Violation.empty), (".", .leadingDot), ("..", .leadingDot), (".hidden", .leadingDot),
        ("a/b", .separator), ("a\\b", .separator), ("a\nb", .control), ("a\u{0}", .control), ("a\u{7f}", .control),
        ("a\u{85}b", .control), ("a\u{2028}b", .control), ("a\u{202e}gpj.exe", .bidirectional),
        ("a\u{2066}b", .bidirectional), ("e\u{301}.zip", .notNormalized), ("\u{212b}", .notNormalized),
        ("demo-1.0-py3-none-any.whl.metadata", .reservedSuffix), ("demo.zip.ASC", .reservedSuffix),
        ("demo-1.0-py3-none-any.whl.provenance", .reservedSuffix),
        (String(repeating: "x", count: 241), .tooLong), (String(repeating: "é", count: 121), .tooLong),
    ])
    func unsafe(_ name: String, _ violation: FilenameSafety.Violation) {
        #expect(FilenameSafety.violation(of: name) == violation)
    }
}
