internal import Digest
internal import JSON
internal import Packaging

extension PublishedPage {
    /// The page as JSON (PEP 691), of version 1.4, or 1.0 without `versions` when a size is not known.
    ///
    /// What is not known is left out, never `null`; SHA-256 is the only digest.
    package func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.bytes.reserveCapacity(256 + files.count * 640)
        writer.object { writer in
            writer.key("meta")
            writer.object { writer in
                if let serial {
                    writer.key("_last-serial")
                    writer.integer(serial)
                }
                writer.key("api-version")
                writer.string(hasAllSizes ? "1.4" : "1.0")
            }
            writer.key("name")
            writer.string(name.normalized)
            if let status {
                writer.key("project-status")
                writer.object { writer in
                    writer.key("status")
                    writer.string(status.marker.rawValue)
                    if let reason = status.reason {
                        writer.key("reason")
                        writer.string(reason)
                    }
                }
            }
            if hasAllSizes {
                writer.key("versions")
                writer.array { writer in
                    for version in versions { writer.string(version) }
                }
            }
            writer.key("files")
            writer.array { writer in
                for file in files { file.write(to: &writer) }
            }
        }
        return writer.bytes
    }
}

extension PublishedFile {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.object { writer in
            if let sidecar {
                writer.key("core-metadata")
                writer.object { writer in
                    writer.key("sha256")
                    writer.string(sidecar.hex)
                }
            }
            writer.key("filename")
            writer.string(filename)
            writer.key("hashes")
            writer.object { writer in
                writer.key("sha256")
                writer.string(sha256.hex)
            }
            if let provenance {
                writer.key("provenance")
                writer.string(provenance)
            }
            if let requiresPython, !requiresPython.isEmpty {
                writer.key("requires-python")
                writer.string(requiresPython)
            }
            if let size {
                writer.key("size")
                writer.integer(size)
            }
            if let uploadTime {
                writer.key("upload-time")
                writer.string(uploadTime)
            }
            var url: [UInt8] = []
            url.reserveCapacity(96 + filename.utf8.count)
            appendURL(to: &url)
            writer.key("url")
            writer.string(String(decoding: url, as: UTF8.self))
            if let yanked {
                writer.key("yanked")
                if let reason = yanked.reason, !reason.isEmpty { writer.string(reason) } else { writer.bool(true) }
            }
        }
    }
}
