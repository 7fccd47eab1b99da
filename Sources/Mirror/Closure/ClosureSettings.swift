internal import Configuration
internal import Digest
internal import Packaging
internal import Selection

/// How a configuration has dependencies followed.
struct ClosureSettings: Sendable {
    let mode: ClosureMode
    let environments: [ClosureEnvironment]
    /// What states it.
    let rule: Rule

    /// What a configuration says; `nil` where no dependencies are followed.
    init?(_ selection: Configuration.Selection) {
        guard let closure = selection.closure else { return nil }
        switch closure.value {
        case .newest: mode = .newest
        case .allCompatible: mode = .allCompatible
        }
        environments = selection.environments.map { ClosureEnvironment($0.value) }
        rule = Rule(
            key: "[select] closure",
            place: closure.line.map { "\(MirrorFiles.configurationName):\($0)" }
        )
    }
}

extension ClosureSettings {
    /// A text that differs when something else is stated, so that what was found for it means nothing any more.
    ///
    /// - Parameters:
    ///   - stated: What is asked for.
    ///   - upstreams: Where it comes from.
    /// - Returns: A SHA-256 in hexadecimal.
    /// - Throws: ``MirrorError`` when OpenSSL cannot provide SHA-256.
    func mark(
        of stated: MirrorSelection,
        from upstreams: [Configuration.Upstream]
    ) throws(MirrorError) -> String {
        var parts = [mode.rawValue] + environments.map { "\($0.label): \($0.target)" }
        parts += upstreams.map { "\($0.url) \($0.claims)" }
        parts += [stated.files.fingerprint, stated.files.blocksFingerprint, stated.projects.statement]
        do throws(DigestError) {
            return try SHA256Digest.hash(parts.joined(separator: "\n").utf8).hex
        } catch {
            throw .library("\(error)")
        }
    }
}

extension ClosureEnvironment {
    /// The environment that a configuration describes.
    init(_ environment: Configuration.Environment) {
        self.init(environment.target, label: environment.label)
    }
}

extension MirrorSelection {
    /// The selection with what a closure found.
    ///
    /// - Throws: ``MirrorError`` when OpenSSL cannot provide SHA-256.
    func following(_ closure: ClosureSelection) throws(MirrorError) -> MirrorSelection {
        let projects = projects.following(closure)
        do throws(DigestError) {
            return try MirrorSelection(projects, demanded: projects.demandedNames, files: files, notes: notes)
        } catch {
            throw .library("\(error)")
        }
    }
}

extension MirrorRoot {
    /// How dependencies are followed; `nil` where they are not.
    var closureSettings: ClosureSettings? { ClosureSettings(configuration.selection) }

    /// What is kept: what configuration and lists state, with what the last whole sync found to be needed by it.
    ///
    /// - Throws: ``MirrorError`` for files of the configuration that state it and cannot be read: not knowing what is
    ///   selected is no reason to take anything off (I10).
    func selection() throws(MirrorError) -> MirrorSelection { try withClosure(try statedSelection()) }

    /// A stated selection with what the last whole sync found to be needed.
    func withClosure(_ stated: MirrorSelection) throws(MirrorError) -> MirrorSelection {
        guard let settings = closureSettings, let known = try ClosureFile(self).read() else { return stated }
        return try stated.following(ClosureSelection(known.result, settings.mode, by: settings.rule))
    }
}
