internal import Digest
internal import JSON
internal import Packaging

/// Reads a project's page in JSON (PEP 691, 700, 714, 740, 792).
enum JSONPageReader {
    static func read(_ body: [UInt8], into collector: FileCollector) throws(PageError) -> ParsedPage {
        let root: JSONValue
        do throws(JSONError) {
            let start = PageBody.start(body)
            root = try start == 0 ? JSONDocument(body).root : JSONDocument(Array(body[start...])).root
        } catch {
            throw .notJSON(error)
        }
        guard root.kind == .object else { throw .notSimplePage(reason: "it is no JSON object") }
        let meta = root["meta"]
        try PageBody.check(version: meta?["api-version"].flatMap { $0.string ?? $0.double.map { "\($0)" } })
        let project = collector.project
        if let name = root["name"]?.string, ProjectName(name) != project {
            throw .wrongProject(expected: project, found: name)
        }
        guard let files = root["files"], files.kind == .array else {
            throw .notSimplePage(reason: "it has no array 'files'")
        }
        guard files.count <= ProjectPage.maximumFileCount else {
            throw .tooManyFiles(limit: ProjectPage.maximumFileCount)
        }
        var collector = collector
        for file in files.array { add(file, to: &collector) }

        var page = ProjectPage(name: project, files: collector.files)
        page.versions = versions(root["versions"])
        page.serial = serial(meta?["_last-serial"]) ?? serial(root["_last-serial"])
        // PEP 792 wants it at the top; its own example has it in `meta`.
        if let status = root["project-status"] ?? meta?["project-status"] {
            page.status = ProjectStatus(
                marker: status["status"]?.string ?? status.string,
                reason: status["reason"]?.string
            )
        }
        return ParsedPage(page: page, refusals: collector.refusals)
    }

    /// A serial: an integer, or a string of digits as bandersnatch writes it.
    static func serial(_ value: JSONValue?) -> UInt64? {
        guard let value else { return nil }
        return value.unsigned ?? value.string.flatMap(digits)
    }

    private static func digits(_ text: String) -> UInt64? {
        text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ? UInt64(text) : nil
    }

    private static func versions(_ value: JSONValue?) -> [String] {
        guard let value else { return [] }
        var seen: Set<String> = []
        return value.array.compactMap(\.string).filter { seen.insert($0).inserted }
    }

    private static func add(_ value: JSONValue, to collector: inout FileCollector) {
        guard let filename = value["filename"]?.string else {
            return collector.refuse("(an entry without a filename)", .malformed("has no string 'filename'"))
        }
        if let violation = FilenameSafety.violation(of: filename) {
            return collector.refuse(filename, .unsafeName(violation))
        }
        guard let reference = value["url"]?.string else {
            return collector.refuse(filename, .malformed("has no string 'url'"))
        }
        guard let target = collector.resolve(reference, for: filename, base: collector.base) else { return }
        guard target.name == filename else { return collector.refuse(filename, .nameDiffersFromLink(target.name)) }

        var file = PageFile(filename: filename, url: target.link.url)
        if let hashes = value["hashes"] {
            for (algorithm, digest) in hashes.object {
                if let digest = digest.string { DigestList.add(algorithm, digest, to: &file.hashes) }
            }
        }
        file.size = size(value["size"])
        file.uploadTime = value["upload-time"]?.string.flatMap(UploadTime.canonical)
        file.requiresPython = value["requires-python"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        file.yanked = yank(value["yanked"])
        file.coreMetadata = coreMetadata(value)
        file.provenance = value["provenance"]?.string.flatMap { collector.provenance($0, base: collector.base) }
        file.hasSignature = value["gpg-sig"]?.bool
        collector.add(file)
    }

    /// A size: an integer; understood are also `"12"` and `12.0`.
    private static func size(_ value: JSONValue?) -> UInt64? {
        guard let value else { return nil }
        switch value.kind {
        case .integer: return value.unsigned
        case .number: return value.double.flatMap { $0 < 0x1p53 ? UInt64(exactly: $0) : nil }
        case .string: return value.string.flatMap(digits)
        default: return nil
        }
    }

    /// Yanked is `true` or a reason; an empty reason, which the specification rules out, is taken as pip takes it: no.
    private static func yank(_ value: JSONValue?) -> Yank? {
        guard let value else { return nil }
        if let reason = value.string { return reason.isEmpty ? nil : Yank(reason: reason) }
        return value.bool == true ? Yank() : nil
    }

    /// The first of the names that says anything counts: `core-metadata` before the one that PEP 714 retired.
    private static func coreMetadata(_ file: JSONValue) -> CoreMetadata? {
        for key in ["core-metadata", "dist-info-metadata", "data-core-metadata", "data-dist-info-metadata"] {
            guard let value = file[key], !value.isNull else { continue }
            if value.kind == .object {
                guard let hex = value["sha256"]?.string, let digest = SHA256Digest(hex: hex) else { return .available }
                return .digest(digest)
            }
            return value.bool == true ? .available : nil
        }
        return nil
    }
}

extension FileCollector {
    /// The absolute URL of a provenance document; `nil` when it cannot be followed.
    func provenance(_ reference: String, base: Link) -> String? {
        guard !reference.isEmpty else { return nil }
        return (try? Link(reference, base: base))?.url
    }
}
