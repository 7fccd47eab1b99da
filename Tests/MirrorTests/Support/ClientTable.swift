import DemoUpstream
import Digest
import Foundation

/// What indexes say that breaks installers, a project for each: release 1.0 is as it should be, 2.0 has the oddity.
///
/// Each oddity makes some version of pip, uv, poetry or pdm fail, skip the file, or refuse the whole page.
struct ClientTableRow: Sendable {
    /// The oddity, which is also the project's name.
    let name: String
    /// The release that clients have to be able to install.
    var installable = "2.0"
    /// The same for uv, where it rightly differs.
    var installableByUv: String?
    /// Whether the sync has to tell a failure.
    var isFailure = false
    /// Changes what the upstream says, and serves, of release 2.0.
    let change: @Sendable (inout Oddity) throws -> Void

    /// Release 2.0 of a project on its way to being odd.
    struct Oddity {
        /// The project, whose second file is that of the release.
        var project: ScriptedProject
        /// What the page says of the file.
        var entry: [String: Any]
        /// More files on the page.
        var more: [[String: Any]] = []
        /// What the upstream answers beside: paths and bodies.
        var served: [String: [UInt8]] = [:]
        /// What it does not answer.
        var missing: Set<String> = []
        /// The page, where it is not JSON.
        var page: ScriptedUpstream.Reply?
        var contentType = "application/vnd.pypi.simple.v1+json"

        var filename: String { project.files[1].filename }
        var sidecarPath: String { "/files/\(filename).metadata" }

        /// A page in HTML with the attributes of the link to release 2.0, and what follows its URL.
        mutating func html(fragment: String, _ attributes: String = "") {
            let first = project.files[0]
            let links = [
                "<a href=\"../../files/\(first.filename)#sha256=\(first.claimedDigest)\">\(first.filename)</a>",
                "<a href=\"../../files/\(filename)\(fragment)\" \(attributes)>\(filename)</a>",
            ]
            let head = "<meta name=\"pypi:repository-version\" content=\"1.0\">"
            let text = "<!DOCTYPE html><html><head>\(head)</head><body>\(links.joined(separator: "\n"))</body></html>"
            page = .init(headers: ["Content-Type: text/html"], body: Array(text.utf8))
        }
    }

    /// Has an upstream publish the project.
    func publish(on upstream: ScriptedUpstream) throws -> ScriptedProject {
        let project = try ScriptedProject(name, versions: ["1.0", "2.0"])
        upstream.publish(project)
        let json = try JSONSerialization.jsonObject(with: Data(project.page.body)) as? [String: Any] ?? [:]
        let entries = json["files"] as? [[String: Any]] ?? []
        var oddity = Oddity(project: project, entry: entries.last ?? [:])
        try change(&oddity)
        var page = json
        page["versions"] = ["1.0", "2.0"]
        page["files"] = [entries[0], oddity.entry] + oddity.more
        var reply = oddity.page ?? .json(page)
        if oddity.page == nil { reply.headers = ["Content-Type: \(oddity.contentType)"] }
        upstream.set("/simple/\(name)/", reply)
        for (path, body) in oddity.served { upstream.set(path, .init(body: body)) }
        for path in oddity.missing { upstream.remove(path) }
        return project
    }
}

extension ClientTableRow {
    private static func setting(_ name: String, _ key: String, _ value: any Sendable) -> Self {
        Self(name: name) { $0.entry[key] = value }
    }

    private static func digests(_ name: String, _ digests: [String: DigestAlgorithm]) -> Self {
        Self(name: name) { oddity in
            oddity.entry["hashes"] = try digests.mapValues { algorithm in
                var hasher = try Hasher(algorithm)
                hasher.update(oddity.project.files[1].bytes)
                return try hasher.finalize().hex
            }
        }
    }

    private static func renamed(_ name: String, _ version: String, url: (@Sendable (String) -> String)? = nil) -> Self {
        Self(name: name, installable: version) { oddity in
            let other = try ScriptedProject(name, versions: [version])
            let file = other.files[0]
            oddity.entry["filename"] = file.filename
            oddity.entry["url"] = "../../files/\(url?(file.filename) ?? file.filename)"
            oddity.entry["hashes"] = ["sha256": file.claimedDigest]
            oddity.entry["size"] = file.bytes.count
            oddity.entry["core-metadata"] = nil
            oddity.served["/files/\(url?(file.filename) ?? file.filename)"] = file.bytes
        }
    }

    private static func refused(_ name: String, _ change: @escaping @Sendable (inout Oddity) throws -> Void) -> Self {
        Self(name: name, installable: "1.0", isFailure: true, change: change)
    }

    /// All rows, by what they are about.
    static let parts = ["digests": digests, "links": links, "members": members, "sidecars": sidecars]

    private static let sidecars = [
        Self(name: "sidecar-missing", isFailure: true) { $0.missing = [$0.sidecarPath] },
        Self(name: "sidecar-digest-wrong", isFailure: true) {
            $0.entry["core-metadata"] = ["sha256": String(repeating: "ab", count: 32)]
        },
        Self(name: "sidecar-other-than-metadata", isFailure: true) { oddity in
            let other = (oddity.project.files[1].metadata ?? []) + Array("Requires-Dist: absent\n".utf8)
            oddity.served[oddity.sidecarPath] = other
            oddity.entry["core-metadata"] = ["sha256": try SHA256Digest.hash(other).hex]
        },
        setting("sidecar-without-digest", "core-metadata", true),
        Self(name: "sidecar-by-two-names") { oddity in
            oddity.entry["data-dist-info-metadata"] = ["sha256": String(repeating: "cd", count: 32)]
            oddity.entry["dist-info-metadata"] = false
        },
    ]

    private static let digests = [
        refused("digest-wrong") { $0.entry["hashes"] = ["sha256": String(repeating: "ab", count: 32)] },
        refused("newest-file-missing") { $0.missing = ["/files/\($0.filename)"] },
        setting("hashes-empty", "hashes", [String: String]()),
        Self(name: "hashes-absent") { $0.entry["hashes"] = nil },
        digests("md5-alone", ["md5": .md5]),
        digests("sha1-alone", ["sha1": .sha1]),
        digests("blake2b-alone", ["blake2b": .blake2b]),
        Self(name: "blake2b-256-alone") { $0.entry["hashes"] = ["blake2b_256": String(repeating: "ef", count: 32)] },
        Self(name: "blake2b-256-beside") { oddity in
            let digest = oddity.project.files[1].claimedDigest
            oddity.entry["hashes"] = ["blake2b_256": String(repeating: "ef", count: 32), "sha256": digest]
        },
        Self(name: "digest-upper-case") { oddity in
            oddity.entry["hashes"] = ["SHA256": oddity.project.files[1].claimedDigest.uppercased()]
        },
        Self(name: "sha1-in-html") { oddity in
            var hasher = try Hasher(.sha1)
            hasher.update(oddity.project.files[1].bytes)
            oddity.html(fragment: "#sha1=\(try hasher.finalize().hex)")
        },
        Self(name: "blake2b-256-in-html") { $0.html(fragment: "#blake2b_256=\(String(repeating: "ef", count: 32))") },
    ]

    private static let members = [
        setting("size-null", "size", NSNull()),
        Self(name: "size-float") { $0.entry["size"] = Double($0.project.files[1].bytes.count) + 0.0 },
        Self(name: "size-text") { $0.entry["size"] = "\($0.project.files[1].bytes.count)" },
        Self(name: "size-absent") { $0.entry["size"] = nil },
        refused("size-wrong") { $0.entry["size"] = 7 },
        setting("time-null", "upload-time", NSNull()), setting("time-empty", "upload-time", ""),
        setting("time-naive", "upload-time", "2024-02-03T04:05:06"),
        setting("time-garbage", "upload-time", "yesterday"),
        setting("time-with-offset", "upload-time", "2024-02-03T04:05:06.123456+00:00"),
        Self(name: "time-absent") { $0.entry["upload-time"] = nil },
        setting("yanked-null", "yanked", NSNull()), setting("yanked-empty", "yanked", ""),
        Self(name: "yanked-reason", installable: "1.0") {
            $0.entry["yanked"] = "broke \"all\" <b>things</b> \u{1F41B}"
        },
        setting("python-wildcard", "requires-python", ">=3.6.*"), setting("python-null", "requires-python", NSNull()),
        setting("python-comma", "requires-python", ">=3.6,"),
        Self(name: "python-words", installableByUv: "1.0") { $0.entry["requires-python"] = "three" },
    ]

    private static let links = [
        Self(name: "file-of-another", isFailure: true) { oddity in
            let other = try ScriptedProject("somebody-else", versions: ["9.0"]).files[0]
            oddity.more = [
                ["filename": other.filename, "url": "../../files/\(other.filename)", "hashes": [String: String]()]
            ]
            oddity.served["/files/\(other.filename)"] = other.bytes
        },
        refused("name-differs-from-url") { $0.entry["url"] = "../../files/other-2.0-py3-none-any.whl" },
        refused("name-with-dots") { $0.entry["filename"] = "../\($0.filename)" },
        Self(name: "url-with-query") { oddity in
            oddity.entry["url"] = "../../files/\(oddity.filename)?signature=1%2B2"
            oddity.served["/files/\(oddity.filename)?signature=1%2B2"] = oddity.project.files[1].bytes
            oddity.entry["core-metadata"] = nil
        },
        refused("url-of-local-file") { $0.entry["url"] = "file:///etc/\($0.filename)" },
        refused("url-of-data") { $0.entry["url"] = "data:application/zip;base64,UEsFBg==/\($0.filename)" },
        Self(name: "listed-twice") { $0.more = [$0.entry] },
        Self(name: "odd-names", isFailure: true) { oddity in
            let odd = [
                "odd names-2.0.tar.gz", "odd_names.zip", "odd_names-2.0%20.tar.gz", "odd_names-[1].tar.gz",
                "odd_names-2.0\n.tar.gz", "-odd_names-2.0.tar.gz", ".odd_names-2.0.tar.gz", "odd_names-#1.tar.gz",
                "odd_names-\u{E9}.tar.gz", "odd_names-('2.0',).tar.gz", "odd_names-2.0.linux-x86_64.tar.gz",
            ]
            for (place, name) in odd.enumerated() {
                let path = name.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "\(place)"
                oddity.more.append(["filename": name, "url": "../../files/\(path)", "hashes": [String: String]()])
                oddity.served["/files/\(path)"] = Array("odd \(place)".utf8)
            }
        },
        renamed("local-version", "2.0+cpu.1"),
        renamed("local-version-encoded", "2.0+cpu.1") { $0.replacingOccurrences(of: "+", with: "%2B") },
        renamed("epoch", "1!2.0"),
        Self(name: "content-type-json") { $0.contentType = "application/json" },
    ]
}
