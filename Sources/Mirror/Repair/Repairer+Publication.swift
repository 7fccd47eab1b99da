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
        let ofSidecars = indices.filter { found[$0].isAboutSidecar }
        try await withdrawSidecars(ofSidecars)
        var byProject: [ProjectName: [Int]] = [:]
        var ofTree: [Int] = []
        var ofLinks: [Int] = []
        for index in indices where !found[index].isAboutSidecar {
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
            if try await mirror.publisher.repairDocumentRoot(isLost: isLost) { notePublication(newGeneration: true) }
            if ofTree.contains(where: { found[$0].path == "state.json" }) { try await mirror.publisher.repairState() }
            try await mirror.publisher.repairSlots(names: keys.map(\.name))
            try await mirror.publisher.distrust(keys.map(\.key))
        } catch {
            throw .publication(error)
        }
        if !ofTree.isEmpty { notePublication(newGeneration: true) }
        if !keys.isEmpty { notePublication() }
        let problems = try await publish()
        settle(ofTree, .repaired, "made anew by a publication")
        for (name, indices) in byProject where keys.contains(where: { $0.name == name }) {
            if let problem = try await problem(of: name, problems) {
                settle(indices, .left, "the project keeps what is published: \(problem)")
            } else {
                settle(indices, .repaired, "made anew from the record")
            }
        }
        try await removeStrays(ofLinks)
    }

    /// Takes sidecars off pages that are not the metadata within their wheels; a sync compares them again.
    private func withdrawSidecars(_ indices: [Int]) async throws(MirrorError) {
        let found = findings
        var files: [ProjectName: Set<String>] = [:]
        for index in indices {
            if let name = found[index].project, let file = found[index].file { files[name, default: []].insert(file) }
        }
        let wanted = files
        try await change(Set(files.keys)) { name, record, row in
            let before = record
            for index in record.files.indices
            where wanted[name]?.contains(record.files[index].filename + ".metadata") ?? false {
                guard record.files[index].sidecar != nil else { continue }
                record.files[index].sidecar = nil
                record.files[index].sidecarProblem = .missing(reason: "it was not the metadata within the wheel")
            }
            if row.state == .active { row.isIncomplete = true }
            return record != before
        }
        settle(indices, .withdrawn, "the wheel is published without it; the next sync has it again")
    }

    /// The project whose link in the live tree a path is.
    private static func project(in path: String?) -> ProjectName? {
        guard let path, path.hasPrefix("web/simple/") else { return nil }
        let name = path.dropFirst("web/simple/".utf8.count).prefix { $0 != "/" }
        return name.hasPrefix("index.") ? nil : ProjectName(name)
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
                try mirror.publisher.links.redirectLinks(of: record)
            }
            return known
        }
    }

    /// What is still wrong with what readers see of a project.
    private func problem(
        of name: ProjectName,
        _ problems: [ProjectName: String]
    ) async throws(MirrorError) -> String? {
        if let problem = problems[name] { return problem }
        let mirror = mirror
        return try await onDisk { () throws -> String? in
            let key = try ProjectKey(name)
            let row = try mirror.catalog.read { catalog throws(CatalogError) in
                try catalog.row(of: key, in: Tables.published)
            }
            guard let row, let slot = try mirror.publisher.slots.live() else { return "it is not published" }
            let link = mirror.publisher.slots.linkPath(of: name, in: slot)
            guard try mirror.fileSystem.readLinkIfPresent(link) == ViewStore.linkTarget(of: row.view) else {
                return "its link leads elsewhere"
            }
            guard let (record, _) = try mirror.records.read(name) else { return "its record is gone" }
            let view = try View(of: record) { _ in row.serial }
            if view.id != row.view { return "the record renders to another view" }
            if let problem = try mirror.publisher.views.problems(of: view).first {
                return "\(problem.file): \(problem.detail)"
            }
            if let problem = try mirror.publisher.links.problems(of: record).first {
                return "\(problem.path): \(problem.detail)"
            }
            for file in record.publishableFiles {
                for digest in [file.sha256, file.sidecar].compactMap({ $0 }) {
                    let isKnown = try mirror.catalog.read { catalog throws(CatalogError) in
                        try catalog.contains(digest, in: Tables.objects)
                    }
                    if !isKnown {
                        return "it lists \(file.filename), whose object the index does not know; run `larder rebuild`"
                    }
                }
            }
            return nil
        }
    }

    /// Removes package links that lead to no file and that no page needs.
    private func removeStrays(_ indices: [Int]) async throws(MirrorError) {
        guard !indices.isEmpty else { return }
        let (mirror, repairer, found) = (mirror, self, findings)
        try await onDisk {
            for index in indices {
                guard let path = found[index].path else { continue }
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
                }
            }
            try mirror.barrier.synchronize()
        }
    }
}

extension Finding {
    /// Whether it says that a sidecar is not the metadata within its wheel.
    fileprivate var isAboutSidecar: Bool {
        kind == .pageMismatch && project != nil && (path?.hasPrefix("packages/") ?? false)
            && (file?.hasSuffix(".metadata") ?? false)
    }
}
