internal import Digest
internal import JSON
package import Packaging

/// A release as the documents of PyPI's JSON API, and pages for people, show it.
package struct ProjectRelease: Sendable {
    /// The version; an empty one of files whose names say none.
    package let version: SpelledVersion
    /// Its files, in the order of the page; at least one.
    package var files: [ProjectReleaseFile]

    /// The releases of a page, in the order of ``SpelledVersion``.
    package static func releases(of page: PublishedPage) -> [ProjectRelease] {
        // Without all sizes a page tells no versions.
        let spellings = Dictionary(
            (page.hasAllSizes ? page.versions : []).map { (Version($0)?.description ?? $0, $0) },
            uniquingKeysWith: { first, _ in first }
        )
        var places: [String: Int] = [:]
        var releases: [ProjectRelease] = []
        for file in page.files {
            let parsed = try? DistributionFilename.parse(file.filename, project: page.name)
            let normalized = parsed.map { Version($0.version)?.description ?? $0.version } ?? ""
            let spelling = spellings[normalized] ?? normalized
            let file = ProjectReleaseFile(file: file, kind: parsed?.kind)
            if let place = places[spelling] {
                releases[place].files.append(file)
            } else {
                places[spelling] = releases.count
                releases.append(ProjectRelease(version: SpelledVersion(spelling), files: [file]))
            }
        }
        return releases.sorted { $0.version < $1.version }
    }

    /// Whether its document has a place of its own: its version must be the name of a folder beside the others.
    ///
    /// Letters, digits and `. _ + ! -`, at most 128 of them, are all that PEP 440 allows; a leading dot is none, and
    /// nothing may take the name of a page.
    package var hasFolder: Bool {
        let utf8 = version.spelling.utf8
        guard let first = utf8.first, first != UInt8(ascii: "."), utf8.count <= 128 else { return false }
        let text = version.spelling.lowercased()
        if text == "json" || text.hasPrefix("json.") || text.hasPrefix("index.") { return false }
        if text.hasPrefix("about.html") { return false }
        return utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "+"),
                UInt8(ascii: "!"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
    }

    /// The file whose metadata stands for the release: the first that has a sidecar, else the first wheel.
    var source: PublishedFile? {
        let found = files.first { $0.file.sidecar != nil } ?? files.first { $0.kind?.name == .wheel }
        return found?.file
    }

    /// Whether all its files are yanked; an index yanks releases, not files.
    package var isYanked: Bool { files.allSatisfy { $0.file.yanked != nil } }

    /// Whether another release goes before it as the latest: yanked ones and then prereleases come last.
    package func isBefore(_ other: ProjectRelease) -> Bool {
        if isYanked != other.isYanked { return isYanked }
        let (isPre, isOtherPre) = (version.version?.isPrerelease ?? false, other.version.version?.isPrerelease ?? false)
        if isPre != isOtherPre { return isPre }
        return version < other.version
    }

    /// Writes the members of `info`.
    ///
    /// - Parameters:
    ///   - project: The project.
    ///   - metadata: The metadata; `nil` where there is none, or none that can be read.
    ///   - hasText: Whether the description is told; it is by far the longest part.
    ///   - writer: What to write to.
    func writeInfo(
        of project: ProjectName,
        _ metadata: DistributionDescription?,
        hasText: Bool,
        to writer: inout JSONWriter
    ) {
        func value(_ field: String) -> String? { metadata?.value(of: field) }
        func values(_ field: String) -> [String]? {
            let values = metadata?.values(of: field) ?? []
            return values.isEmpty ? nil : values
        }
        let name = value("Name").flatMap { ProjectName($0) == project ? $0 : nil } ?? project.normalized
        let requiresPython = value("Requires-Python") ?? files.lazy.compactMap(\.requiresPython).first
        writer.nullable("author", value("Author"))
        writer.nullable("author_email", value("Author-email"))
        writer.nullable("classifiers", values("Classifier") ?? [])
        writer.nullable("description", hasText ? metadata?.text ?? "" : nil)
        writer.nullable("description_content_type", value("Description-Content-Type"))
        writer.nullable("download_url", value("Download-URL"))
        writer.nullable("dynamic", values("Dynamic"))
        writer.nullable("home_page", value("Home-page"))
        writer.nullable("keywords", value("Keywords"))
        writer.nullable("license", value("License"))
        writer.nullable("license_expression", value("License-Expression"))
        writer.nullable("license_files", values("License-File"))
        writer.nullable("maintainer", value("Maintainer"))
        writer.nullable("maintainer_email", value("Maintainer-email"))
        writer.member("name", name)
        writer.nullable("platform", values("Platform")?.joined(separator: ","))
        let urls = metadata?.projectURLs ?? []
        writer.member("project_urls") { writer in
            if urls.isEmpty { return writer.null() }
            writer.object { writer in
                for (label, url) in urls { writer.member(label, url) }
            }
        }
        writer.nullable("provides_extra", values("Provides-Extra"))
        writer.nullable("requires_dist", values("Requires-Dist"))
        writer.nullable("requires_python", requiresPython)
        writer.nullable("summary", value("Summary"))
        writer.member("version", version.spelling)
        writer.member("yanked", isYanked)
        writer.nullable("yanked_reason", isYanked ? files.lazy.compactMap { $0.file.yanked?.reason }.first : nil)
    }
}

/// A file of a release.
package struct ProjectReleaseFile: Sendable {
    /// The file as the page lists it.
    package let file: PublishedFile
    /// What its name says; `nil` when it says nothing.
    let kind: DistributionFilename.Kind?

    /// What it asks of Python.
    package var requiresPython: String? { file.requiresPython.flatMap { $0.isEmpty ? nil : $0 } }

    /// Writes the file.
    ///
    /// - Parameters:
    ///   - writer: What to write to.
    ///   - root: What leads to the document root, ending in `/`.
    func write(to writer: inout JSONWriter, _ root: String) {
        writer.object { writer in
            if let sidecar = file.sidecar {
                writer.objectMember("core-metadata") { $0.member("sha256", sidecar.hex) }
            }
            writer.objectMember("digests") { $0.member("sha256", file.sha256.hex) }
            writer.member("filename", file.filename)
            writer.member("has_sig", false)
            writer.member("packagetype", packageType)
            writer.member("python_version", pythonVersion)
            writer.nullable("requires_python", requiresPython)
            writer.member("size", file.size)
            writer.member("upload_time", file.uploadTime.map { String($0.prefix(19)) })
            writer.member("upload_time_iso_8601", file.uploadTime)
            var url: [UInt8] = []
            file.appendURL(to: &url, below: root)
            writer.member("url", String(decoding: url, as: UTF8.self))
            writer.member("yanked", file.yanked != nil)
            writer.nullable("yanked_reason", file.yanked?.reason)
        }
    }

    /// The names that indexes have for the kinds of distributions.
    private var packageType: String {
        switch kind {
        case .wheel: "bdist_wheel"
        case .sdist, .other, nil: "sdist"
        case .egg: "bdist_egg"
        case .wininst: "bdist_wininst"
        case .msi: "bdist_msi"
        case .rpm, .deb: "bdist_rpm"
        case .dmg: "bdist_dmg"
        case .dumb: "bdist_dumb"
        }
    }

    private var pythonVersion: String {
        switch kind {
        case .wheel(let tags): tags.pythons.joined(separator: ".")
        case .sdist, .other, nil: "source"
        default: "any"
        }
    }
}

extension JSONWriter {
    /// Writes a member that clients expect: `null` where nothing is known.
    fileprivate mutating func nullable(_ name: String, _ value: String?) {
        key(name)
        if let value { string(value) } else { null() }
    }

    /// Writes a member that clients expect: `null` where nothing is known.
    fileprivate mutating func nullable(_ name: String, _ values: [String]?) {
        key(name)
        guard let values else { return null() }
        array { writer in
            for value in values { writer.string(value) }
        }
    }
}
