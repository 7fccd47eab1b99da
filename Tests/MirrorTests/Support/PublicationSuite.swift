import Testing

/// Tests of what a mirror of a scripted upstream publishes.
protocol PublicationSuite {
    var upstream: ScriptedUpstream { get }
}

extension PublicationSuite {
    /// A mirror of some projects, synced.
    func synced(_ projects: [ScriptedProject], _ configuration: [String: String] = [:]) throws -> TestMirror {
        upstream.publish(projects)
        let mirror = try TestMirror(of: upstream.url, configuration: configuration)
        try expectSynced(mirror)
        return mirror
    }

    /// Syncs, and expects that everything is done.
    func expectSynced(_ mirror: TestMirror, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let result = try mirror.sync()
        #expect(result.exitCode == 0, "\(result)", sourceLocation: sourceLocation)
    }

    /// Expects that a verification finds nothing.
    func expectClean(
        _ mirror: TestMirror,
        _ comment: Comment = "",
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let result = try mirror.verify()
        #expect(result.exitCode == 0, "\(comment) \(result)", sourceLocation: sourceLocation)
    }
}
