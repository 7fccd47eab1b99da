internal import Catalog
internal import Configuration
internal import Publication
internal import Scheduling

extension MirrorRoot {
    /// Has a dry run tell the room that copies below `packages/` would take.
    func foresee(_ run: SyncRun) async throws(MirrorError) {
        guard publisher.links.kind == .copy else { return }
        run.tally.update { $0.bytesCopied = $0.bytesDownloaded }
        let (isSettled, bytes) = try await read { catalog throws(CatalogError) in
            var bytes: UInt64 = 0
            guard try catalog.row(of: .links, in: Tables.meta)?.text != LinkKind.copy.rawValue else {
                return (true, bytes)
            }
            try catalog.forEach(in: Tables.objects) { _, row throws(CatalogError) in
                bytes += row.size
                return true
            }
            return (false, bytes)
        }
        guard !isSettled, bytes > 0 else { return }
        run.tally.add(
            warning:
                "`link = \"copy\"` is not applied yet: the next publication copies what is published, which takes up to "
                + "\((bytes + (1 << 20) - 1) >> 20) MiB more"
        )
    }
}
