internal import SystemPackage

extension Configuration.Publication {
    /// What the file of `signing-key` holds, after a look at who may read it.
    ///
    /// - Returns: Its text; `nil` where none is set.
    /// - Throws: `ConfigurationError` where it cannot be read, or others than its owner may read or write it.
    package func signingKeyText() throws(ConfigurationError) -> String? {
        guard let signingKey else { return nil }
        let file: SmallFile
        do throws(SmallFile.Failure) {
            file = try SmallFile(signingKey)
        } catch {
            let problem = ConfigurationProblem(file: signingKey.string, message: error.message)
            throw ConfigurationError([problem], cause: error.number)
        }
        if let openness = file.openness(signingKey) {
            throw ConfigurationError([ConfigurationProblem(file: signingKey.string, message: openness)])
        }
        return file.text
    }
}
