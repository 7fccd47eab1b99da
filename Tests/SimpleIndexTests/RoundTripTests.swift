import Digest
import Packaging
import SimpleIndex
import Testing

/// Pages from a seeded generator: what we publish is read again as the same, and damage to it is never taken for safe.
@Suite struct RoundTripTests {
    @Test(arguments: 0..<200)
    func pagesAreReadAgain(_ seed: UInt64) throws {
        var random = SplitMix64(state: seed)
        let page = try Self.page(&random)
        let base = "https://mirror.example/simple/\(page.name)/"
        let json = try ProjectPage.parse(page.json(), contentType: Pages.jsonType, base: base, project: page.name)
        #expect(json.refusals == [])
        #expect(json.page == Self.expected(page, isHTML: false))
        let html = try ProjectPage.parse(page.html(), contentType: "text/html", base: base, project: page.name)
        #expect(html.refusals == [])
        #expect(html.page == Self.expected(page, isHTML: true))
    }

    @Test(arguments: [false, true])
    func damagedPagesAreRefusedOrSafe(_ isHTML: Bool) throws {
        var random = SplitMix64(state: 39)
        var (readable, refused) = (0, 0)
        for _ in 0..<40 {
            let page = try Self.page(&random)
            let whole = isHTML ? page.html() : page.json()
            for _ in 0..<50 {
                let body = Self.damaged(whole, &random)
                do throws(PageError) {
                    let type = isHTML ? "text/html" : Pages.jsonType
                    let base = "https://mirror.example/simple/x/"
                    let parsed = try ProjectPage.parse(body, contentType: type, base: base, project: page.name)
                    readable += 1
                    for file in parsed.page.files { check(file, of: page.name) }
                    #expect(Set(parsed.page.files.map(\.filename)).count == parsed.page.files.count)
                    for refusal in parsed.refusals { #expect(!refusal.description.utf8.contains { $0 < 0x20 }) }
                } catch {
                    refused += 1
                    #expect(!error.description.isEmpty)
                }
                _ = try? RootList.parse(body, contentType: nil, base: "https://mirror.example/simple/")
            }
        }
        #expect(readable > 0 && refused > 0, "\(readable) \(refused)")
    }

    private func check(_ file: PageFile, of project: ProjectName) {
        #expect(FilenameSafety.violation(of: file.filename) == nil)
        #expect(["https://", "http://", "ftp://", "ftps://"].contains { file.url.hasPrefix($0) })
        #expect(!file.url.utf8.contains { $0 <= 0x20 || $0 >= 0x7F || $0 == UInt8(ascii: "#") })
        for (algorithm, digest) in file.hashes {
            #expect(algorithm == algorithm.lowercased() && [UInt8](hex: digest)?.hex == digest)
        }
        do throws(DistributionFilenameError) {
            _ = try DistributionFilename.parse(file.filename, project: project)
        } catch {
            guard case .unreadable = error else {
                Issue.record("\(error)")
                return
            }
        }
    }

    // MARK: Pages

    private static func page(_ random: inout SplitMix64) throws -> PublishedPage {
        let name = try #require(
            ["demo", "zope-interface", "0-0"].randomElement(using: &random).flatMap { ProjectName($0) }
        )
        func maybe<T>(_ value: @autoclosure () throws -> T) rethrows -> T? {
            Bool.random(using: &random) ? try value() : nil
        }
        let texts = ["plain", "it's <b>\"bold\"</b> & more", "a\tb\nc\rd", "日本 🙈 é", "&amp;", "-->", " ", "\\\u{2028}"]
        func text() -> String { texts.randomElement(using: &random) ?? "" }
        func digest() throws -> SHA256Digest {
            try #require(SHA256Digest(bytes: (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) }))
        }
        let suffixes = [
            ".tar.gz", ".zip", "-py3-none-any.whl", "-py2.7.egg", ".win32.exe", " (1).tar.gz", "#%,[é].zip",
        ]
        let knowsSizes = Bool.random(using: &random)
        var names: Set<String> = []
        var files: [PublishedFile] = []
        for _ in 0..<Int.random(in: 0...8, using: &random) {
            let version = "\(Int.random(in: 0...11, using: &random)).\(Int.random(in: 0...3, using: &random))"
            let stem = name.normalized.replacing("-", with: "_")
            let filename = "\(stem)-\(version)\(suffixes.randomElement(using: &random) ?? "")"
            guard names.insert(filename).inserted else { continue }
            let sha256 = try digest()
            files.append(
                PublishedFile(
                    filename: filename,
                    path: "ab/cd/\(sha256.hex.prefix(60))",
                    sha256: sha256,
                    size: knowsSizes ? UInt64.random(in: 0...(1 << 40), using: &random) : maybe(7),
                    uploadTime: maybe("2024-01-02T03:04:05.000006Z"),
                    requiresPython: maybe(text()),
                    yanked: maybe(Yank(reason: maybe(text()))),
                    sidecar: try maybe(try digest()),
                    provenance: maybe("https://mirror.example/i/\(version)?a=1&b='2'")
                )
            )
        }
        return PublishedPage(
            name: name,
            serial: maybe(UInt64.random(in: 0...UInt64.max, using: &random)),
            status: maybe(ProjectStatus(marker: .archived, reason: maybe(text()))),
            files: files,
            versions: maybe(["1.0", "1.0.0", "2004d"])
        )
    }

    /// What a reader has to find on a page; HTML tells neither sizes nor times nor versions.
    private static func expected(_ page: PublishedPage, isHTML: Bool) -> ProjectPage {
        let hasAllSizes = page.files.allSatisfy { $0.size != nil }
        let files = page.files.map { file in
            PageFile(
                filename: file.filename,
                url: "https://mirror.example/packages/\(file.path)/" + encoded(file.filename),
                hashes: ["sha256": file.sha256.hex],
                size: isHTML ? nil : file.size,
                uploadTime: isHTML ? nil : file.uploadTime,
                requiresPython: file.requiresPython,
                yanked: file.yanked,
                coreMetadata: file.sidecar.map { .digest($0) },
                provenance: file.provenance
            )
        }
        return ProjectPage(
            name: page.name,
            files: files,
            versions: isHTML || !hasAllSizes ? [] : page.versions,
            serial: page.serial,
            status: page.status
        )
    }

    private static func encoded(_ filename: String) -> String {
        filename.utf8.map { byte in
            let scalar = Unicode.Scalar(byte)
            let isPlain =
                scalar.properties.isAlphabetic || ("0"..."9").contains(Character(scalar))
                || "-._~".contains(Character(scalar))
            return byte < 0x80 && isPlain ? String(Character(scalar)) : "%" + [byte].hex.uppercased()
        }.joined()
    }

    private static func damaged(_ body: [UInt8], _ random: inout SplitMix64) -> [UInt8] {
        var body = body
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            guard !body.isEmpty else { break }
            let at = Int.random(in: 0..<body.count, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0: body[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 1: body[at] = UInt8.random(in: 0...255, using: &random)
            case 2: body.removeSubrange(at..<min(at + Int.random(in: 1...30, using: &random), body.count))
            case 3: body.insert(contentsOf: body[at..<min(at + 40, body.count)], at: at)
            case 4:
                body.insert(
                    contentsOf: Array(
                        ["../", "%2f", "\"", "<", "&#0;", "\\u0000", "file:"].randomElement(using: &random)?.utf8
                            ?? "".utf8
                    ),
                    at: at
                )
            default: body.removeSubrange(at...)
            }
        }
        return body
    }
}
