internal import Digest
internal import JSON

/// `bundle.json`: members in the order of their names, absent ones left out, and a line feed at the end.
extension BundleDescription {
    /// The bytes of the file.
    package var bytes: [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            if let base { writer.objectMember("base") { base.write(to: &$0) } }
            writer.member("bundle", id)
            writer.member("created", created)
            writer.member("expires", expires)
            writer.member("exporter", exporter)
            writer.member("files", files)
            writer.member("format", Self.format)
            writer.member("generation", generation)
            writer.member("mirror", mirror)
            writer.member("projects", projects)
            writer.objectMember("projectsList") { list.write(to: &$0) }
            writer.member("sequence", sequence)
            writer.member("serial", serial)
            writer.member("treeDigest", treeDigest.hex)
            writer.arrayMember("volumes", of: volumes) { writer, volume in
                writer.object { writer in
                    writer.objectMember("archive") { volume.archive.write(to: &$0) }
                    writer.member("bytes", volume.bytes)
                    writer.objectMember("manifest") { volume.manifest.write(to: &$0) }
                    writer.member("members", volume.members)
                }
            }
        }
        return writer.bytes + [UInt8(ascii: "\n")]
    }

    /// Reads a file.
    ///
    /// - Throws: ``BundleError``.
    package init(_ bytes: [UInt8]) throws(BundleError) {
        let value = try JSONValue(ofLine: bytes)
        guard let format = value["format"]?.unsigned else { throw .malformed("it names no format") }
        guard format == Self.format else { throw .unknownFormat(format) }
        guard let id = value["bundle"]?.string, Self.isID(id), let mirror = value["mirror"]?.string, Self.isID(mirror),
            let sequence = value.count("sequence"), sequence > 0, let created = value.time("created")
        else { throw .malformed("it does not say which bundle it is, or of which mirror") }
        guard let generation = value.count("generation"), let treeDigest = value.digest("treeDigest"),
            let projects = value.count("projects"), let files = value.count("files"),
            let serial = value.count("serial")
        else { throw .malformed("it does not say what it leads to") }
        guard let list = value["projectsList"].flatMap({ File($0) }), let volumes = value["volumes"] else {
            throw .malformed("it names no files")
        }
        var expires: Int64?
        if value["expires"] != nil {
            guard let time = value.time("expires") else { throw .malformed("the time until which it is good is none") }
            expires = time
        }
        var base: BundleState?
        if let value = value["base"] {
            guard let state = BundleState(value) else { throw .malformed("what it leads on from cannot be read") }
            base = state
        }
        self.init(
            id: id,
            mirror: mirror,
            sequence: sequence,
            base: base,
            created: created,
            expires: expires,
            generation: generation,
            treeDigest: treeDigest,
            projects: projects,
            files: files,
            serial: serial,
            exporter: value["exporter"]?.string ?? "",
            list: list,
            volumes: []
        )
        var room = BundleBounds.allBytes
        for volume in volumes.array {
            guard let archive = volume["archive"].flatMap({ File($0) }),
                let manifest = volume["manifest"].flatMap({ File($0) }), let members = volume.count("members"),
                let bytes = volume.byteCount("bytes"), bytes <= archive.size, members <= archive.size
            else { throw .malformed("a volume cannot be read") }
            guard archive.size <= room else { throw .malformed("its volumes are larger than any disk") }
            room -= archive.size
            self.volumes.append(Volume(archive: archive, manifest: manifest, members: members, bytes: bytes))
        }
    }
}

extension BundleDescription.File {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.member("sha256", sha256.hex)
        writer.member("size", size)
    }

    fileprivate init?(_ value: JSONValue) {
        guard let size = value.byteCount("size"), let sha256 = value.digest("sha256") else { return nil }
        self.init(size: size, sha256: sha256)
    }
}
