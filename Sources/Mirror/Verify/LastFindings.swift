internal import Catalog
internal import Scheduling

extension MirrorRoot {
    /// Tells the index how much the last verification or repair left, which `status` tells on.
    ///
    /// - Parameter count: How many findings.
    /// - Throws: ``CatalogError``.
    func remember(findings count: Int) async throws(CatalogError) {
        let (catalog, row) = (catalog, MetaRow(String(count)))
        try await workers.run { () throws(CatalogError) in
            // Mostly there is nothing to tell, and a commit waits for the disk twice. A damaged row is replaced.
            let known = try? catalog.read { catalog throws(CatalogError) in
                try catalog.row(of: .lastFindings, in: Tables.meta)?.text
            }
            guard known != row.text else { return }
            try catalog.write { catalog throws(CatalogError) in
                try catalog.put(row, under: .lastFindings, in: Tables.meta)
            }
        }
    }
}
