internal import Catalog
internal import Digest
internal import FileIO
internal import ObjectStore
package import Packaging
internal import Record
internal import Scheduling
internal import SimpleIndex

extension MirrorRoot {
    /// Objects that a repair withdrew and that a project still wants, as findings of the class `missing`.
    ///
    /// They are what the stories in `quarantine/` tell of and a record misses; the index may know them again, by another
    /// project. A file that upstream removed meanwhile, or that the selection leaves out, is wanted no more.
    ///
    /// In memory are the names in the quarantine, the findings and one record.
    ///
    /// - Parameter unusable: Told of projects whose records are damaged or gone, so that it is not known what they want.
    /// - Returns: The findings, one for each file, in the order of objects and projects; a story or record that cannot
    ///   be read is an `io-error`.
    /// - Throws: ``MirrorError`` when the quarantine or the index cannot be read.
    package func withdrawnFindings(
        unusable: @escaping @Sendable (ProjectName) -> Void = { _ in }
    ) async throws(MirrorError) -> [Finding] {
        let mirror = self
        return try await workers.runWrapping { () throws -> [Finding] in
            let quarantine = Quarantine(root: mirror.path, fileSystem: mirror.fileSystem)
            var findings: [Finding] = []
            var uses: [QuarantineStory.Use: (object: SHA256Digest, story: String)] = [:]
            for name in try quarantine.stories() {
                guard let object = Quarantine.object(of: name) else { continue }
                let story: [UInt8]
                do throws(FileError) {
                    story = try quarantine.story(name)
                } catch {
                    findings.append(.unreadableStory(name, of: object, error))
                    continue
                }
                // A later story of the same file is the one that counts.
                for use in QuarantineStory.uses(in: story) { uses[use] = (object, name) }
            }
            for (project, uses) in Dictionary(grouping: uses, by: \.key.project) {
                let record: ProjectRecord
                do throws(RecordStoreError) {
                    guard let found = try mirror.records.read(project) else {
                        unusable(project)
                        continue
                    }
                    record = found.record
                } catch {
                    // One that could not be read now may be read by whoever looks next.
                    if case .damaged = error {
                        unusable(project)
                    } else {
                        findings.append(Finding(.ioError, path: "records", project: project, detail: "\(error)"))
                    }
                    continue
                }
                if record.removal != nil { continue }
                for (use, (object, story)) in uses where record.misses(object, as: use.file) {
                    let isKnown = try mirror.catalog.read { catalog throws(CatalogError) in
                        try catalog.contains(object, in: Tables.objects)
                    }
                    let state = isKnown ? "is here again, but not for this project" : "was not had again yet"
                    findings.append(
                        Finding(
                            .missing,
                            object: object,
                            path: "objects/" + ObjectStore.relativePath(of: object),
                            project: project,
                            file: use.file,
                            detail: "it was withdrawn as damaged (quarantine/\(story)) and \(state)"
                        )
                    )
                }
            }
            return findings.sorted {
                ($0.path ?? "", $0.project?.normalized ?? "", $0.file ?? "")
                    < ($1.path ?? "", $1.project?.normalized ?? "", $1.file ?? "")
            }
        }
    }
}

extension Finding {
    fileprivate static func unreadableStory(_ name: String, of object: SHA256Digest, _ error: FileError) -> Finding {
        Finding(.ioError, object: object, path: "quarantine/\(name)\(Quarantine.storySuffix)", detail: "\(error)")
    }
}

extension ProjectRecord {
    /// Whether an object is missing that a file needs, or a companion of it, which the suffix of the name tells.
    func misses(_ object: SHA256Digest, as name: String) -> Bool {
        for file in files {
            if file.filename == name, file.sha256 == object {
                if case .missing = file.state { return true }
            }
            guard file.isKept else { continue }
            for kind in CompanionKind.allCases where file[kind].object == nil && file.lacks(kind) {
                guard file.filename + kind.suffix == name else { continue }
                if kind == .sidecar, case .digest(let digest) = file.coreMetadata, digest != object { continue }
                return true
            }
        }
        return false
    }
}
