internal import Configuration
internal import Publication

extension DocumentSettings {
    /// What the configuration says; `nil` when there are to be no documents.
    init?(_ publication: Configuration.Publication) {
        guard publication.hasLegacyJSON else { return nil }
        self.init(baseURL: publication.baseURL?.text)
    }
}
