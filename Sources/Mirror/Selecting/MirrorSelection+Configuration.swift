internal import Configuration
internal import Digest
internal import FileIO
internal import Packaging
internal import Selection

extension MirrorSelection {
    /// The selection that a configuration and a list of projects state.
    ///
    /// - Parameters:
    ///   - configuration: What `larder.toml` says.
    ///   - list: What `projects.txt` lists.
    ///   - blocked: What `blocked.txt` lists.
    ///   - files: What holds the requirement and lock files.
    /// - Throws: ``MirrorError``; `configuration` for a requirement or lock file that cannot be used.
    init(
        _ configuration: Configuration,
        _ list: ProjectList,
        blocking blocked: BlockList,
        _ files: any FileSystem
    ) throws(MirrorError) {
        let selection = configuration.selection
        var patterns: [ProjectSelection.Pattern] = []
        var asked = StatedDemands(fileSystem: files)
        for stated in selection.projects {
            let rule = stated.rule("[select] projects")
            if let name = stated.value.name {
                asked.add(Demand(.everything, by: rule), for: name)
            } else {
                patterns.append(.init(stated.value, by: rule))
            }
        }
        do throws(ConfigurationError) {
            for stated in selection.requirements { try asked.addRequirements(stated) }
            for stated in selection.lockFiles { try asked.addLockFile(stated) }
        } catch {
            throw .configuration(error)
        }
        let projects = ProjectSelection(
            listed: Set(list.names),
            demands: asked.demands,
            patterns: patterns,
            excluded: selection.exclusions.projects.map { .init($0.value, by: $0.rule("[select.exclude] projects")) },
            blocked: configuration.policy.blockedProjects.map {
                .init($0.value, by: $0.rule(StatedPatterns.blockedKey))
            } + blocked.projects
        )
        do throws(DigestError) {
            let kept = FileSelection(configuration, blocked)
            try self.init(
                projects,
                demanded: asked.demands.keys,
                files: kept,
                patterns: StatedPatterns(configuration, kept),
                notes: asked.notes
            )
        } catch {
            throw .library("\(error)")
        }
    }
}

extension Stated {
    /// The statement as a rule.
    func rule(_ key: String, isTold: Bool = false) -> Rule {
        Rule(key: key, place: line.map { "\(MirrorFiles.configurationName):\($0)" }, isTold: isTold)
    }
}

extension Configuration.Policy {
    /// What is blocked of projects that are not blocked as a whole.
    fileprivate var blocks: [Exclusion] {
        var blocks = blockedReleases.map {
            Exclusion(.releases([$0.value]), by: $0.rule("[policy.blocked] releases"))
        }
        if let first = blockedDigests.first {
            let digests = Set(blockedDigests.map(\.value))
            blocks.append(Exclusion(.digests(digests), by: first.rule(StatedPatterns.digestsKey)))
        }
        return blocks
    }
}

extension BlockList {
    /// The projects that are blocked as a whole.
    fileprivate var projects: [ProjectSelection.Pattern] {
        statements.compactMap { entry, line in
            guard case .projects(let pattern) = entry else { return nil }
            return .init(pattern, by: Self.rule(line))
        }
    }

    /// What is blocked of others.
    fileprivate var files: [Exclusion] {
        var (blocks, digests): ([Exclusion], Set<String>) = ([], [])
        for (entry, line) in statements {
            switch entry {
            case .projects: continue
            case .releases(let pattern): blocks.append(Exclusion(.releases([pattern]), by: Self.rule(line)))
            case .digest(let digest): digests.insert(digest)
            }
        }
        if !digests.isEmpty { blocks.append(Exclusion(.digests(digests), by: Self.rule(nil))) }
        return blocks
    }

    private static func rule(_ line: Int?) -> Rule {
        Rule(key: MirrorFiles.blockListName, place: line.map { "line \($0)" })
    }
}

extension FileSelection {
    /// The selection of files that a configuration and a list of blocks state.
    fileprivate init(_ configuration: Configuration, _ blocked: BlockList) {
        self.init()
        let (selection, policy) = (configuration.selection, configuration.policy)
        blocks = FileBlocks(policy.blocks + blocked.files)
        if !selection.files.areServedOnDemand {
            exclusions += selection.metadataOnly.grouped("[select] metadata-only") { .projects($0) }
        }
        exclusions += selection.exclusions.releases.grouped("[select.exclude] releases") { .releases($0) }
        if let kinds = selection.exclusions.kinds {
            exclusions.append(Exclusion(.kinds(kinds.value), by: kinds.rule("[select.exclude] kinds")))
        }
        if let platforms = selection.exclusions.platforms {
            exclusions.append(Exclusion(.platforms(platforms.value), by: platforms.rule("[select.exclude] platforms")))
        }
        if let pythons = selection.exclusions.pythons {
            let unwanted = pythons.value.reduce(into: PythonVersions()) { $0.formUnion($1) }
            exclusions.append(Exclusion(.pythons(unwanted), by: pythons.rule("[select.exclude] pythons")))
        }
        if let others = selection.exclusions.otherEnvironments, others.value {
            let environments = selection.environments.map { ClosureEnvironment($0.value) }
            exclusions.append(
                Exclusion(.unusable(environments), by: others.rule("[select.exclude] other-environments"))
            )
        }
        exclusions += selection.exclusions.files.grouped("[select.exclude] files") { .filenames($0) }
        if let prereleases = selection.prereleases, !prereleases.value {
            exclusions.append(Exclusion(.prereleases, by: prereleases.rule("[select] prereleases")))
        }
        if let yanked = selection.yanked, !yanked.value {
            exclusions.append(Exclusion(.yanked, by: yanked.rule("[select] yanked")))
        }
        if let after = selection.uploadedAfter {
            exclusions.append(Exclusion(.uploadedBefore(after.value), by: after.rule("[select] uploaded-after")))
        }
        if let before = selection.uploadedBefore {
            exclusions.append(Exclusion(.uploadedFrom(before.value), by: before.rule("[select] uploaded-before")))
        }
        if let size = selection.maximumFileSize {
            exclusions.append(
                Exclusion(.largerThan(UInt64(size.value.bytes)), by: size.rule("[select] max-file-size", isTold: true))
            )
        }
        latest = selection.latest.map {
            Latest(
                count: $0.value,
                countsPrereleases: selection.latestCountsPrereleases,
                rule: $0.rule("[select] latest")
            )
        }
        projectCap = selection.maximumProjectSize.map {
            Cap(bytes: UInt64($0.value.bytes), rule: $0.rule("[select] max-project-size", isTold: true))
        }
        minimumAge = policy.minimumAge.map {
            MinimumAge(
                seconds: $0.value.components.seconds,
                exceptions: policy.minimumAgeExceptions.map(\.value),
                rule: $0.rule("[policy] minimum-age")
            )
        }
    }
}

extension Array {
    /// An exclusion for each line that states some of the elements, so that the line can be told.
    fileprivate func grouped<Value>(
        _ key: String,
        _ criterion: ([Value]) -> Exclusion.Criterion
    ) -> [Exclusion] where Element == Stated<Value> {
        var exclusions: [Exclusion] = []
        var rest = self[...]
        while let first = rest.first {
            let group = rest.prefix { $0.line == first.line }
            rest = rest.dropFirst(group.count)
            exclusions.append(Exclusion(criterion(group.map(\.value)), by: first.rule(key)))
        }
        return exclusions
    }
}
