import Digest
import Packaging
import SimpleIndex

/// What holds for the pages of projects: an input is the body of the page of the project `demo`.
enum ProjectPageProperties {
    private static let base = "https://index.example/simple/demo/"
    private static let jsonType = "application/vnd.pypi.simple.v1+json"

    static func check(_ body: [UInt8], contentType: String) throws(PropertyViolation) {
        guard let project = ProjectName("demo") else { throw PropertyViolation(description: "'demo' is no name") }
        let parsed: ParsedPage
        switch parse(body, contentType, project) {
        case .success(let page): parsed = page
        case .failure(let error): return try requirePrintable(error.description)
        }
        try require(parsed.page.name == project, "the page is of \(parsed.page.name)")
        for refusal in parsed.refusals { try requirePrintable(refusal.description) }
        var names: Set<[UInt8]> = []
        for file in parsed.page.files {
            try check(file, of: project)
            try require(names.insert(Array(file.filename.utf8)).inserted, "'\(file.filename)' is listed twice")
        }
        try checkPublished(parsed.page)
    }

    private static func parse(
        _ body: [UInt8],
        _ contentType: String,
        _ project: ProjectName
    ) -> Result<ParsedPage, PageError> {
        Result { () throws(PageError) in
            try ProjectPage.parse(body, contentType: contentType, base: base, project: project)
        }
    }

    private static func check(_ file: PageFile, of project: ProjectName) throws(PropertyViolation) {
        let name = file.filename
        try require(FilenameSafety.violation(of: name) == nil, "the unsafe name \(name.debugDescription) is listed")
        try require(
            ["https://", "http://", "ftp://", "ftps://"].contains { file.url.hasPrefix($0) }
                && !file.url.utf8.contains { $0 <= 0x20 || $0 >= 0x7F || $0 == UInt8(ascii: "#") },
            "'\(name)' has the URL \(file.url.debugDescription)"
        )
        let authority = file.url.utf8.split(separator: UInt8(ascii: "/"), maxSplits: 2).dropFirst().first
        try require(authority?.contains(UInt8(ascii: "@")) == false, "'\(name)' has a user in its URL \(file.url)")
        for (algorithm, digest) in file.hashes {
            try require(
                algorithm == algorithm.lowercased() && [UInt8](hex: digest)?.hex == digest,
                "'\(name)' has the digest \(algorithm)=\(digest)"
            )
        }
        try require(file.requiresPython != "" && file.yanked?.reason != "", "'\(name)' has an empty text")
        do throws(DistributionFilenameError) {
            _ = try DistributionFilename.parse(name, project: project)
        } catch .foreign {
            throw PropertyViolation(description: "the foreign file '\(name)' is listed")
        } catch {}
    }

    /// Checks that the page as we would publish it says, read again, what the first one said.
    private static func checkPublished(_ page: ProjectPage) throws(PropertyViolation) {
        guard let digest = SHA256Digest(hex: String(repeating: "ab", count: 32)) else { return }
        let published = PublishedPage(
            name: page.name,
            serial: page.serial,
            status: page.status,
            files: page.files.map { file in
                PublishedFile(
                    filename: file.filename,
                    path: "ab/ab/\(digest.hex.prefix(60))",
                    sha256: digest,
                    size: file.size,
                    uploadTime: file.uploadTime,
                    requiresPython: file.requiresPython,
                    yanked: file.yanked,
                    sidecar: file.coreMetadata == nil ? nil : digest,
                    provenance: file.provenance
                )
            },
            versions: page.versions.isEmpty ? nil : page.versions
        )
        try require(
            published.files.map(\.filename).sorted() == page.files.map(\.filename).sorted(),
            "what is published is not what was listed"
        )
        let json = try again(published.json(), Self.jsonType, page.name)
        try require(json.status == page.status && json.serial == page.serial, "JSON changes the status or the serial")
        try compare(published.files, json.files, form: "JSON", isHTML: false)
        let html = try again(published.html(), "text/html", page.name)
        try require(html.status?.marker == page.status?.marker && html.serial == page.serial, "HTML changes the status")
        // In HTML, only what ends as distributions do can be told from other links.
        let listed = published.files.filter { file in
            var name = file.filename[...]
            while let last = name.utf8.last, last <= 0x20 { name.unicodeScalars.removeLast() }
            return DistributionFilename.hasDistributionSuffix(String(name))
        }
        try compare(listed, html.files, form: "HTML", isHTML: true)
    }

    private static func again(
        _ body: [UInt8],
        _ contentType: String,
        _ project: ProjectName
    ) throws(PropertyViolation) -> ProjectPage {
        switch parse(body, contentType, project) {
        case .success(let parsed):
            try require(parsed.refusals.isEmpty, "of our own page is refused: \(parsed.refusals)")
            return parsed.page
        case .failure(let error): throw PropertyViolation(description: "our own page is refused: \(error)")
        }
    }

    private static func compare(
        _ published: [PublishedFile],
        _ read: [PageFile],
        form: String,
        isHTML: Bool
    ) throws(PropertyViolation) {
        try require(
            published.map { Array($0.filename.utf8) } == read.map { Array($0.filename.utf8) },
            "\(form) lists \(read.map(\.filename)) in place of \(published.map(\.filename))"
        )
        for (first, second) in zip(published, read) {
            let name = first.filename
            try require(second.sha256 == first.sha256, "\(form) changes the digest of '\(name)'")
            try require(
                (second.coreMetadata != nil) == (first.sidecar != nil),
                "\(form) changes the sidecar of '\(name)'"
            )
            try require((second.yanked != nil) == (first.yanked != nil), "\(form) changes whether '\(name)' is yanked")
            try require(second.provenance == first.provenance, "\(form) changes the provenance of '\(name)'")
            let texts = [
                (first.requiresPython, second.requiresPython), (first.yanked?.reason, second.yanked?.reason),
            ]
            for (text, other) in texts {
                let expected = isHTML ? text.map(afterHTML) : text
                try require(
                    expected == other,
                    "\(form) makes \((other ?? "").debugDescription) of \((text ?? "").debugDescription)"
                )
            }
            guard !isHTML else { continue }
            try require(second.size == first.size, "\(form) changes the size of '\(name)'")
            try require(second.uploadTime == first.uploadTime, "\(form) changes the time of '\(name)'")
        }
    }

    /// A text without the control characters that HTML does not allow.
    private static func afterHTML(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x09, 0x0A, 0x0D: result.unicodeScalars.append(scalar)
            case 0..<0x20, 0x7F: result += "\u{FFFD}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
