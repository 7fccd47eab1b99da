internal import Bundle
internal import Digest
internal import FileIO
internal import Minisign
internal import Publication
internal import SystemPackage

extension ExportRun {
    /// Writes what makes the volumes a bundle: digests, signatures, and `bundle.json` last.
    ///
    /// - Returns: The names of the keys that signed it.
    func finish(_ bundle: BundleDescription, on media: BundleMedia) throws -> [String] {
        let bytes = bundle.bytes
        try put(BundleFiles.readme, Array(readme(bundle, media).utf8))
        for (index, key) in signers.enumerated() {
            let time = Timestamp.text(bundle.created)
            let comment = "larder bundle \(bundle.id) sequence \(bundle.sequence) time \(time)"
            let signature = try key.signature(of: bytes, comment: comment)
            try put(index == 0 ? BundleFiles.signature : BundleFiles.signature(of: key.publicKey.name), signature.file)
        }
        try put(BundleFiles.digests, try digests(bundle, bytes))
        try fileSystem.synchronizeDirectory(folder.path)
        // From here on it can be a base, so what it leads to has to be known before it is a bundle.
        try ExportRegistry(root: mirror.path, fileSystem: fileSystem).add(bundle, inventory: folder.inventory)
        try put(BundleFiles.description, bytes)
        try folder.forgetPlan()
        return signers.map(\.publicKey.name)
    }

    /// Which volumes go together onto one medium.
    func media(of bundle: BundleDescription, recordVolumes: Int) -> BundleMedia {
        let count = UInt64(bundle.volumes.count)
        return BundleMedia(
            bundle.volumes.map(\.size),
            recordVolumes: recordVolumes,
            on: options.volumeSize,
            beside: bundle.list.size + BundleMedia.byteCount(besideVolumes: count)
        )
    }

    private func put(_ name: String, _ bytes: [UInt8]) throws(FileError) {
        try fileSystem.replace(folder.file(name), with: bytes)
    }

    /// The digests of all files, as sha256sum(1) reads them.
    private func digests(_ bundle: BundleDescription, _ description: [UInt8]) throws -> [UInt8] {
        var lines = ["\(try SHA256Digest.hash(description))  \(BundleFiles.description)"]
        lines.append("\(bundle.list.sha256)  \(BundleFiles.list)")
        for (index, volume) in bundle.volumes.enumerated() {
            lines.append("\(volume.manifest.sha256)  \(BundleFiles.manifest(index + 1))")
            lines.append("\(volume.archive.sha256)  \(BundleFiles.archive(index + 1))")
        }
        return Array((lines.joined(separator: "\n") + "\n").utf8)
    }

    private func readme(_ bundle: BundleDescription, _ media: BundleMedia) -> String {
        var places = ""
        if media.volumes.count > 1 {
            places = "Each medium has room for:\n\n"
            for (index, files) in media.files.enumerated() {
                let names = (index == 0 ? ["all files but volumes"] : []) + files
                places += "    medium \(index + 1): \(names.joined(separator: ", "))\n"
            }
            places += "\n"
        }
        return """
            This is a bundle of a mirror of a Python package index, made by \(bundle.exporter).

            bundle    \(bundle.id)
            number    \(bundle.sequence)
            made      \(Timestamp.text(bundle.created))
            \(bundle.expires.map { "good until \(Timestamp.text($0))\n" } ?? "")\
            leads on from \(bundle.base?.words ?? "nothing: it carries everything")
            leads to  generation \(bundle.generation), \(bundle.projects) projects, \(bundle.files) files
            tree digest \(bundle.treeDigest)

            \(places)To import it:

                larder import THIS-FOLDER --root MIRROR --trust KEY.pub

            Each volume is a tar archive; its files are named by the SHA-256 of their bytes. Without larder:

                sha256sum -c \(BundleFiles.digests)
                minisign -V -p KEY.pub -m \(BundleFiles.description)
                tar -tf \(BundleFiles.archive(1))

            """
    }
}
