import DemoUpstream
import Digest
import Foundation

/// A project of a scripted upstream, with real files about which its page may say anything.
struct ScriptedProject: Sendable {
    /// A file and what the page says of it.
    struct File: Sendable {
        var filename: String
        var bytes: [UInt8]
        /// The sidecar; `nil` when there is none.
        var metadata: [UInt8]?
        /// What the page calls its SHA-256.
        var claimedDigest: String
        /// What the page says of the time of its upload; `nil` for nothing.
        var uploadTime: String? = "2024-02-03T04:05:06.000000Z"
        /// Whether the page says that it was yanked.
        var isYanked = false
        /// Which Pythons the page says that it is for; `nil` for nothing.
        var requiresPython: String?
        /// Where the page says that its provenance is; `nil` for nowhere.
        var provenance: String?

        init(filename: String, bytes: [UInt8], metadata: [UInt8]? = nil) throws {
            self.filename = filename
            self.bytes = bytes
            self.metadata = metadata
            claimedDigest = try SHA256Digest.hash(bytes).hex
        }

        /// The file's path below `files/`, where no filename can lead elsewhere.
        var path: String { filename.contains("/") ? "odd" : filename }
    }

    var name: String
    var serial = 1
    var files: [File]

    /// A project with a wheel of each version.
    init(_ name: String, versions: [String] = ["1.0"], kinds: Set<Distribution.Kind> = [.wheel]) throws {
        self.name = name
        files = []
        for version in versions {
            let distribution = Distribution(name: name, version: version, kinds: kinds)
            if kinds.contains(.wheel) {
                files.append(
                    try File(
                        filename: distribution.wheelFilename,
                        bytes: distribution.wheel(),
                        metadata: distribution.metadata()
                    )
                )
            }
            if kinds.contains(.sdist) {
                files.append(try File(filename: distribution.sdistFilename, bytes: distribution.sdist()))
            }
        }
    }

    /// The same project with another serial.
    func stating(serial: Int) -> ScriptedProject {
        var project = self
        project.serial = serial
        return project
    }

    /// The page in JSON (PEP 691, PEP 700).
    var page: ScriptedUpstream.Reply { page { "../../files/\(files[$0].path)" } }

    /// The page, with URLs of files by their places.
    func page(locatedBy url: (Int) -> String) -> ScriptedUpstream.Reply {
        let entries = files.indices.map { index -> [String: Any] in
            let file = files[index]
            var entry: [String: Any] = [
                "filename": file.filename, "url": url(index), "size": file.bytes.count,
                "hashes": ["sha256": file.claimedDigest],
            ]
            entry["upload-time"] = file.uploadTime
            if file.isYanked { entry["yanked"] = true }
            entry["requires-python"] = file.requiresPython
            entry["provenance"] = file.provenance
            if let metadata = file.metadata, let digest = try? SHA256Digest.hash(metadata) {
                entry["core-metadata"] = ["sha256": digest.hex]
            }
            return entry
        }
        return .json([
            "meta": ["api-version": "1.1", "_last-serial": serial], "name": name, "versions": ["1.0"],
            "files": entries,
        ])
    }
}

extension [ScriptedProject] {
    /// Projects with nothing odd about them, `prefix-00` and on.
    static func good(_ count: Int, prefix: String = "good") throws -> Self {
        try (0..<count).map { try ScriptedProject("\(prefix)-\($0 < 10 ? "0" : "")\($0)") }
    }
}
