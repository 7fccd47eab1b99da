import Packaging
import Requirements
import SystemPackage
import Testing

/// Files in memory, by path.
private struct NoFile: Error, CustomStringConvertible {
    let description = "no such file"
}

/// Reads `requirements.txt` of files in memory.
private func read(_ files: [String: String]) throws(RequirementFileError) -> RequirementFiles {
    try readBytes(files.mapValues { Array($0.utf8) })
}

private func readBytes(_ files: [String: [UInt8]]) throws(RequirementFileError) -> RequirementFiles {
    try RequirementFiles.read("requirements.txt") { path in
        guard let bytes = files[path.lexicallyNormalized().string] else { throw NoFile() }
        return bytes
    }
}

private func read(_ text: String) throws(RequirementFileError) -> RequirementFiles {
    try read(["requirements.txt": text])
}

private func message(_ files: [String: String]) -> String {
    do throws(RequirementFileError) {
        _ = try read(files)
        return "read"
    } catch {
        return error.description
    }
}

extension RequirementFiles {
    fileprivate var shown: [String] { requirements.map { "\($0.line): \($0.requirement)" } }
}

/// Requirement files as pip reads them.
@Suite struct RequirementFilesTests {
    @Test func requirementsHaveNamesSpecifiersExtrasAndMarkers() throws {
        let result = try read(
            """
            # The web application
            Flask_Login>=0.6,<1  # not yet 1
            requests [Socks] == 2.8.* ; python_version < "2.7" # old

            uvicorn(>=1)
            a#b.example ; python_version > '3' and extra == '#'
            """.replacing("a#b.example", with: "a")
        )
        #expect(
            result.shown == [
                "2: flask-login<1,>=0.6", "3: requests[socks]==2.8.*; python_version < \"2.7\"", "5: uvicorn>=1",
                "6: a; python_version > \"3\" and extra == \"#\"",
            ]
        )
        #expect(result.skipped.isEmpty)
        #expect(result.files == ["requirements.txt"])
    }

    @Test func linesGoOnAfterABackslash() throws {
        let result = try read(
            """
            numpy==1.18.1 \\
                --hash=sha256:\(digest("1")) \\
                --hash sha256:\(digest("2")) \\
                # via scipy
            scipy\\
            ==1.0
            # a comment goes on nowhere \\
            six
            last\\
            """
        )
        #expect(result.shown == ["1: numpy==1.18.1", "5: scipy==1.0", "8: six", "9: last"])
        let numpy = try #require(result.requirements.first)
        #expect(numpy.digests.map(\.description) == ["sha256:\(digest("1"))", "sha256:\(digest("2"))"])
        #expect(numpy.allows(digests: ["sha256": digest("2")]))
        #expect(!numpy.allows(digests: ["sha256": digest("3")]))
        #expect(numpy.allows(digests: ["md5": "0"]))
    }

    @Test func linesEndAsInPython() throws {
        let result = try read("a\r\nb\rc\u{0B}d\u{85}e\u{2028}f\n\n")
        #expect(result.shown == ["1: a", "2: b", "3: c", "4: d", "5: e", "6: f"])
    }

    @Test func whatIsNoNameIsSkippedWithItsReason() throws {
        let result = try read(
            """
            -e ./here
            --editable git+https://git.example/a.git#egg=a
            https://user:secret@files.example/a-1.tar.gz ; python_version > "3"
            git+ssh://git.example/b.git@main
            ./c
            d/e[extra]
            f-1.0-py3-none-any.whl
            g.tar.gz
            h @ https://user:secret@files.example/h.zip
            ${WHO}==1
            -i https://user:secret@index.example/simple/
            --extra-index-url=https://index.example/ --no-index --pre
            --only-b :all:
            --colour red
            six --global-option="--x y" --config-settings 'a=b'
            """
        )
        #expect(
            result.skipped.map { "\($0.line) \($0.text): \($0.reason)" } == [
                "1 ./here: is installed from where it lies, not from an index",
                "2 git+https://git.example/a.git#egg=a: is installed from where it lies, not from an index",
                "3 https://files.example/a-1.tar.gz ; python_version > \"3\": comes from a URL, not from an index",
                "4 git+ssh://git.example/b.git@main: comes from a URL, not from an index",
                "5 ./c: comes from a path, not from an index",
                "6 d/e[extra]: comes from a path, not from an index",
                "7 f-1.0-py3-none-any.whl: comes from a path, not from an index",
                "8 g.tar.gz: comes from a path, not from an index",
                "9 h @ https://files.example/h.zip: comes from a URL, not from an index",
                "10 ${WHO}==1: depends on the environment variable WHO, which is not looked up",
                "11 -i: says how to install, not what",
                "12 --extra-index-url: says how to install, not what",
                "12 --no-index: says how to install, not what",
                "12 --pre: says how to install, not what",
                "13 --only-b: says how to install, not what",
                "14 --colour: is no option of pip",
                "14 red: stands among options and means nothing",
                "15 --global-option: says how to install, not what",
                "15 --config-settings: says how to install, not what",
            ]
        )
        #expect(result.skipped.compactMap(\.name) == [try project("h")])
        #expect(result.shown == ["15: six"])
    }

    @Test func filesLeadToOthers() throws {
        let files = [
            "requirements.txt":
                "-r sub/base.txt\nz\n-c limits.txt\n--requirem=sub/base.txt\n-c ${HOME}/x\n-r https://a.example/r.txt",
            "sub/base.txt": "a\n-r more.txt\n--constraint '../with space.txt'",
            "sub/more.txt": "b",
            "limits.txt": "z<2\n-r extra.txt",
            "with space.txt": "a==1",
            "extra.txt": "in-constraints",
        ]
        let result = try read(files)
        #expect(result.requirements.map(\.requirement.name.normalized) == ["a", "b", "z", "in-constraints"])
        #expect(result.constraints.map(\.requirement.description) == ["a==1", "z<2"])
        #expect(result.requirements.map(\.file).prefix(3) == ["sub/base.txt", "sub/more.txt", "requirements.txt"])
        #expect(result.files.count == 6)
        #expect(result.skipped.map(\.reason) == [.environmentVariable("HOME"), .remoteFile])
        #expect(try read(["requirements.txt": "-rabs.txt", "abs.txt": "q"]).shown == ["1: q"])
        #expect(try read(["requirements.txt": "-r file:///a%20b.txt", "/a b.txt": "q"]).shown == ["1: q"])
    }

    @Test func filesThatLeadTooFarAreRefused() throws {
        #expect(
            message(["requirements.txt": "-r a/b.txt", "a/b.txt": "\n-c ../requirements.txt"])
                == "a/../requirements.txt: leads to itself: requirements.txt → a/b.txt → requirements.txt"
        )
        var chain: [String: String] = ["requirements.txt": "-r 0.txt"]
        for number in 0..<40 { chain["\(number).txt"] = "-r \(number + 1).txt" }
        #expect(message(chain).hasSuffix("is the last of more than 32 files that each lead to the next"))
        var many: [String: String] = [:]
        for number in 0...RequirementFiles.maximumFileCount { many["\(number).txt"] = "" }
        many["requirements.txt"] = many.keys.map { "-r \($0)" }.joined(separator: "\n")
        #expect(message(many).hasSuffix("leads to more than 1000 files"))
    }

    @Test(arguments: [
        ("six\n-r absent.txt", "requirements.txt:2: cannot be read: no such file"),
        ("six\n\nsix=1", "requirements.txt:3: "),
        ("six --hash=sha256:12", "requirements.txt:1: 'sha256:12' is no digest as sha256:…"),
        ("six --hash", "requirements.txt:1: '--hash' needs a value"),
        ("\n-r 'a", "requirements.txt:2: has a quote that is not closed, or ends in a backslash"),
        ("# -*- coding: koi8-r -*-", "requirements.txt: is in the encoding 'koi8-r'; known are"),
        ("# coding: ascii\né", "requirements.txt: is not text in ASCII"),
    ])
    func mistakesAreToldWithTheirLine(_ text: String, expected: String) {
        #expect(message(["requirements.txt": text]).hasPrefix(expected))
    }

    @Test func encodingsAreToldByMarkOrComment() throws {
        func shown(_ bytes: [UInt8]) throws -> [String] { try readBytes(["requirements.txt": bytes]).shown }
        let text = "six # ü\n"
        #expect(try shown([0xEF, 0xBB, 0xBF] + Array(text.utf8)) == ["1: six"])
        #expect(try shown([0xFF, 0xFE] + text.utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }) == ["1: six"])
        #expect(try shown([0xFE, 0xFF] + text.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }) == ["1: six"])
        let latin = Array("# vim: set fileencoding=latin-1 :\nsix # ".utf8) + [0xFC]
        #expect(try shown(latin) == ["2: six"])
        #expect(throws: RequirementFileError.self) { try shown(Array("six # ".utf8) + [0xFC]) }
        #expect(throws: RequirementFileError.self) { try shown([0xFF, 0xFE, 0, 0, 1, 0, 0, 0]) }
        #expect(throws: RequirementFileError.self) { try shown([0xFF, 0xFE, 0]) }
    }
}
