internal import FileIO
internal import Publication

/// What generations refer to that are kept for a rollback: views, and what they list and can be had.
///
/// Files whose links are gone, as those of what was blocked since, are on no page that a rollback shows.
struct HistoryRoots: RootSource {
    let history: TreeHistory
    let views: ViewStore
    let links: PackageLinks

    func add(to roots: inout Roots) throws {
        for sequence in try history.sequences() {
            for project in try history.change(sequence).projects {
                guard let view = project.view else { continue }
                roots.hold(view)
                guard let files = try views.files(view, of: project.name) else {
                    throw MirrorError.damaged(
                        views.path(of: view),
                        "the page of a kept generation cannot be read, and it cannot be told what it lists"
                    )
                }
                try roots.hold(try files.compactMap { file in try links.reachable(file) })
            }
        }
    }
}
