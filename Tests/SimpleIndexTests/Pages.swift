import Digest
import Packaging
import SimpleIndex
import Testing

/// Names and bytes that the tests of pages share.
enum Pages {
    static let base = "https://index.example/simple/demo/"
    static let jsonType = "application/vnd.pypi.simple.v1+json"
    static let sha = String(repeating: "ab", count: 32)
    static let otherSHA = String(repeating: "cd", count: 32)

    static func name(_ name: String) throws -> ProjectName { try #require(ProjectName(name)) }

    static func json(
        _ text: String,
        project: String = "demo",
        base: String = Pages.base
    ) throws -> ParsedPage {
        try ProjectPage.parse(Array(text.utf8), contentType: jsonType, base: base, project: try name(project))
    }

    /// A page of one file, with members added to its entry.
    static func file(_ members: String, filename: String = "demo-1.0.tar.gz") throws -> PageFile {
        let entry =
            #"{"filename":"\#(filename)","url":"\#(filename)","hashes":{}\#(members.isEmpty ? "" : ",")\#(members)}"#
        let parsed = try json(#"{"meta":{"api-version":"1.4"},"name":"demo","files":[\#(entry)]}"#)
        return try #require(parsed.page.files.first, "\(parsed.refusals)")
    }

    static func html(
        _ body: String,
        project: String = "demo",
        base: String = Pages.base
    ) throws -> ParsedPage {
        let project = try name(project)
        return try ProjectPage.parse(
            Array(body.utf8),
            contentType: "text/html; charset=UTF-8",
            base: base,
            project: project
        )
    }
}

/// A small generator with a seed, so that a failure can be had again.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
