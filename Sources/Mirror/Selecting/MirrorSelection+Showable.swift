internal import Digest
internal import Packaging
internal import Publication
internal import Selection
internal import SimpleIndex

extension MirrorSelection {
    /// What older pages may still show: what is blocked by now is left out.
    var showable: Showable {
        let (projects, files) = (projects, files)
        let hasBlocks = !projects.blocked.isEmpty || !files.blocks.isEmpty
        return Showable(
            isListed: { !hasBlocks || !projects.blocks($0) },
            allows: { file, name in
                guard hasBlocks else { return true }
                return !projects.blocks(name) && files.block(PageFile(shown: file, on: ""), of: name) == nil
            }
        )
    }
}

extension PageFile {
    /// A file as a page of ours lists it, of which it is not known where upstream has it.
    init(shown file: PublishedFile, on page: String) {
        self.init(
            filename: file.filename,
            url: page,
            hashes: ["sha256": file.sha256.hex],
            size: file.size,
            uploadTime: file.uploadTime,
            requiresPython: file.requiresPython,
            yanked: file.yanked
        )
    }
}
