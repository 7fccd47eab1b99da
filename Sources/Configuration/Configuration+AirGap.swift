package import SystemPackage

extension Configuration {
    /// `[airgap]`: whose bundles are taken.
    package struct AirGap: Hashable, Sendable {
        /// A public key: itself, or the file that holds it.
        package struct Signer: Hashable, Sendable {
            /// As it is stated.
            package var text: String
            /// The file, if it is one.
            package var file: FilePath
        }

        /// `signers`: whose signatures count, beside those that imports were told to trust.
        package var signers: [Signer] = []
        /// `threshold`: how many of them have to have signed a bundle.
        package var threshold = 1

        /// The defaults.
        package init() {}

        /// Reads the table.
        ///
        /// - Parameters:
        ///   - source: The file.
        ///   - folder: Where relative paths start.
        ///   - problems: Gets what is wrong.
        /// - Returns: What the table says, and defaults.
        static func read(
            _ source: TOMLSource,
            _ folder: FilePath,
            _ problems: inout [ConfigurationProblem]
        ) -> AirGap {
            var table = TableReader(source, ["airgap"])
            var airGap = AirGap()
            airGap.threshold = table.integer("threshold", in: 1...100) ?? airGap.threshold
            let signers = table.strings("signers", of: "keys or paths in quotes") ?? []
            airGap.signers = signers.map { Signer(text: $0, file: folder.pushing(FilePath($0))) }
            problems += table.problems
            return airGap
        }
    }
}
