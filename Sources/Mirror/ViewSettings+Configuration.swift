internal import Configuration
internal import Publication

extension ViewSettings {
    /// What the configuration says.
    init(_ configuration: Configuration) {
        let publication = configuration.publication
        self.init(
            documents: publication.hasLegacyJSON ? DocumentSettings(baseURL: publication.baseURL?.text) : nil,
            hasWebPages: publication.hasWebPages,
            provenanceRoot: publication.provenanceRoot?.text,
            listsKnownFiles: configuration.selection.files.areServedOnDemand
        )
    }
}
