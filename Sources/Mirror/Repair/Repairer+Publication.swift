internal import Catalog
internal import Digest
internal import FileIO
internal import ObjectStore
internal import Packaging
internal import Publication
internal import Record
internal import Scheduling
internal import SystemPackage

/// What readers see: links, pages and lists, made anew from the records.
extension Repairer {
    /// Makes links and pages anew that are not what they should be, and publishes.
    func repairPublication() async throws(MirrorError) {
        let found = findings
        // A publication that was cut off leaves rows of views without their marks.
        let indices = indices(of: [.publicationDangling, .pageMismatch, .indexDangling]).filter { index in
            found[index].kind != .indexDangling || found[index].project != nil && !found[index].isAboutRecord
        }
        guard !indices.isEmpty, !Task.isCancelled else { return }
        let ofCompanions = indices.filter { found[$0].isAboutCompanion }
        let changed = try await withdrawCompanions(ofCompanions)
        var byProject: [ProjectName: [Int]] = [:]
        var ofTree: [Int] = []
        var ofLinks: [Int] = []
        let ofHistory = indices.filter { found[$0].path.flatMap(TreeHistory.sequence) != nil }
        let ofSnapshots = indices.filter { found[$0].path?.hasPrefix("snapshots/") ?? false }
        for index in indices where !found[index].isAboutCompanion && !(ofHistory + ofSnapshots).contains(index) {
            if let name = found[index].project ?? Self.project(in: found[index].path) {
                byProject[name, default: []].append(index)
            } else if found[index].path?.hasPrefix("packages/") ?? false {
                ofLinks.append(index)
            } else {
                ofTree.append(index)
            }
        }
        let keys = try await distrust(byProject.keys.sorted(), byProject)
        do throws(PublicationError) {
            let isLost = ofTree.contains { found[$0].path == "web" }
            let isOtherRoot = try await mirror.publisher.repairDocumentRoot(isLost: isLost, keeping: setAside)
            if isOtherRoot { notePublication(newGeneration: true) }
            if ofTree.contains(where: { found[$0].path == "state.json" }) { try await mirror.publisher.repairState() }
            let strangers = ofTree.compactMap { Self.stranger(in: found[$0].path) }
            try await mirror.publisher.repairSlots(names: keys.map(\.name), strangers: strangers, keeping: setAside)
            try await mirror.publisher.distrust(keys.map(\.key))
        } catch {
            throw .publication(error)
        }
        try await removeStrays(ofLinks)
        if !ofTree.isEmpty { notePublication(newGeneration: true) }
        if !keys.isEmpty { notePublication() }
        let problems = try await publish()
        try await settle(ofTree, byProject, of: keys, problems)
        settleCompanions(ofCompanions, changed, problems)
        try await settleHistory(ofHistory)
        try await settleSnapshots(ofSnapshots)
    }

    /// Makes snapshots right, from what they say of themselves; a project whose page is damaged, and was not made anew, is
    /// not shown any more.
    private func settleSnapshots(_ indices: [Int]) async throws(MirrorError) {
        let found = findings
        guard !indices.isEmpty else { return }
        let showable = try await mirror.newestSelection().showable
        let bySnapshot = Dictionary(grouping: indices) { index in
            found[index].path?.split(separator: "/").dropFirst().first.map(String.init) ?? ""
        }
        for (text, indices) in bySnapshot {
            guard let name = SnapshotName(text) else {
                settle(indices, .left, "this is no snapshot")
                continue
            }
            do throws(PublicationError) {
                let lost = Set(try await mirror.publisher.repairSnapshot(name, showable))
                for index in indices {
                    let project = found[index].path?.split(separator: "/").last.map(String.init).flatMap {
                        ProjectName($0)
                    }
                    if let project, lost.contains(project) {
                        settle([index], .withdrawn, "the snapshot does not show the project any more")
                    } else {
                        settle([index], .repaired, "made anew from what the snapshot says of itself")
                    }
                }
            } catch {
                throw .publication(error)
            }
        }
    }

    /// Forgets changes of the tree that lead to pages which are not there any more, and all before them.
    ///
    /// What was made anew for the newest pages may have mended older ones, so that all are looked at again.
    private func settleHistory(_ indices: [Int]) async throws(MirrorError) {
        guard !indices.isEmpty else { return }
        let found = findings
        do throws(PublicationError) {
            let left = try await mirror.publisher.problemsOfHistory()
            let last = left.compactMap { TreeHistory.sequence(path: $0.path) }.max()
            if let last {
                let history = mirror.publisher.history
                try await mirror.workers.run { () throws(PublicationError) in try history.forget(through: last) }
            }
            for index in indices {
                if left.contains(where: { $0.path == found[index].path }) {
                    settle([index], .repaired, "it is forgotten: readers cannot be taken back beyond it any more")
                } else {
                    settle([index], .repaired, "what it leads to is as it was made again")
                }
            }
        } catch {
            throw .publication(error)
        }
    }

    /// Looks again at what a publication was to make anew.
    private func settle(
        _ ofTree: [Int],
        _ byProject: [ProjectName: [Int]],
        of keys: [(name: ProjectName, key: ProjectKey)],
        _ problems: [ProjectName: String]
    ) async throws(MirrorError) {
        let verifier = Verifier(
            mirror,
            VerifyOptions(.publication),
            VerifyLimits(time: nil, rate: nil),
            VerifyProgress()
        )
        try await verifier.checkAgain(keys, isOfTree: !ofTree.isEmpty)
        let report = verifier.report
        let isWholeList = report.foundCount == report.findings.count
        var left: (tree: [String: String], projects: [ProjectName: String]) = ([:], problems)
        for finding in report.findings {
            let detail = "\(finding.path.map { "\($0): " } ?? "")\(finding.detail)"
            if let name = finding.project {
                left.projects[name] = left.projects[name] ?? detail
            } else {
                left.tree[finding.path ?? ""] = detail
            }
        }
        let found = findings
        for index in ofTree {
            if let problem = left.tree[found[index].path ?? ""] {
                settle([index], .left, "a publication did not mend it: \(problem)")
            } else if isWholeList {
                let isStranger = Self.stranger(in: found[index].path) != nil
                settle([index], .repaired, isStranger ? "it is in quarantine" : "made anew by a publication")
            }
        }
        for (name, _) in keys {
            if let problem = left.projects[name] {
                settle(byProject[name] ?? [], .left, "the project keeps what is published: \(problem)")
            } else if isWholeList {
                settle(byProject[name] ?? [], .repaired, "made anew from the record")
            }
        }
    }

    /// What lies beside the links of projects in the live tree and belongs to none, by its name.
    private static func stranger(in path: String?) -> String? {
        guard let path, path.hasPrefix("web/simple/") else { return nil }
        let name = path.dropFirst("web/simple/".utf8.count)
        return name.hasPrefix("index.") || name.contains("/") || project(in: path) != nil ? nil : String(name)
    }

    /// The project whose link in the live tree a path is.
    private static func project(in path: String?) -> ProjectName? {
        guard let path, path.hasPrefix("web/simple/") else { return nil }
        let text = path.dropFirst("web/simple/".utf8.count).prefix { $0 != "/" }
        // No link of ours has a name that is not normalized.
        guard !text.hasPrefix("index."), let name = ProjectName(text), name.normalized == text else { return nil }
        return name
    }

    /// Keeps in quarantine what is no link; a project may have waited for its place.
    private func clear(_ path: FilePath) throws {
        try setAside(path)
        try mirror.fileSystem.removeIfPresent(path)
        notePublication()
    }

    /// Keeps in quarantine what is in the way of a link, or what nobody knows; durable.
    @Sendable func setAside(_ path: FilePath) throws(FileError) {
        let time = mirror.now()
        var relative = path
        _ = relative.removePrefix(mirror.path)
        let story = QuarantineStory(
            object: nil,
            kind: .publicationDangling,
            detail: "it had the name of a link of ours, or one that nothing should have",
            uses: [],
            path: relative.string,
            time: time,
            outcome: .repaired
        )
        guard try quarantine.keep(path, for: "in-the-way", time: time, story: story.bytes) != nil else { return }
        try mirror.barrier.synchronize()
    }

    /// Redirects the package links of projects, and finds those that the index knows.
    private func distrust(
        _ names: [ProjectName],
        _ indices: [ProjectName: [Int]]
    ) async throws(MirrorError) -> [(name: ProjectName, key: ProjectKey)] {
        let (mirror, repairer) = (mirror, self)
        return try await onDisk { () throws -> [(name: ProjectName, key: ProjectKey)] in
            var known: [(name: ProjectName, key: ProjectKey)] = []
            for name in names {
                let key = try ProjectKey(name)
                let row = try mirror.catalog.read { catalog throws(CatalogError) in
                    try catalog.row(of: key, in: Tables.projects)
                }
                guard let row else {
                    let text = "the index does not know the project; if it should, `larder rebuild` finds it"
                    repairer.settle(indices[name] ?? [], .left, text)
                    continue
                }
                known.append((name, key))
                // Only what the index vouches for says where links lead.
                guard let (record, digest) = try? mirror.records.read(name), digest == row.record else { continue }
                try mirror.publisher.links.redirectLinks(of: record, keeping: repairer.setAside)
            }
            return known
        }
    }

    /// Removes package links that lead to no file and that no page needs, and keeps in quarantine what is no link.
    private func removeStrays(_ indices: [Int]) async throws(MirrorError) {
        guard !indices.isEmpty else { return }
        let (mirror, repairer, found) = (mirror, self, findings)
        try await onDisk {
            for index in indices {
                guard let path = found[index].path else { continue }
                if try mirror.publisher.links.redirectLink(path, keeping: repairer.setAside) {
                    repairer.settle([index], .repaired, "it is of the kind that it should be again")
                    continue
                }
                let stray = try mirror.publisher.links.removeStray(path) { digest in
                    let isKnown = try? mirror.catalog.read { catalog throws(CatalogError) in
                        try catalog.contains(digest, in: Tables.objects)
                    }
                    return isKnown ?? true
                }
                switch stray {
                case .right: repairer.settle([index], .repaired, "it leads to its object again, or is gone")
                case .removed: repairer.settle([index], .repaired, "the link led to no file and is gone")
                case .kept:
                    let text = "it leads to a file that the index does not know; `larder rebuild` looks at it"
                    repairer.settle([index], .left, text)
                case .noLink:
                    try repairer.clear(mirror.path.pushing(FilePath(path)))
                    repairer.settle([index], .repaired, "it is in quarantine")
                }
            }
            try mirror.barrier.synchronize()
        }
    }
}
