/// The names of a bundle's files.
package enum BundleFiles {
    /// What the bundle is; written last, so that one that is not finished is none.
    package static let description = "bundle.json"
    /// The signature of ``description``; those of further signers have something between the two names' ends, as in
    /// `bundle.json.second.minisig`.
    package static let signature = "bundle.json.minisig"
    /// A line for each project that changed.
    package static let list = "projects.jsonl"
    /// The digests of all files, as sha256sum(1) checks them.
    package static let digests = "SHA256SUMS"
    /// For people who find it.
    package static let readme = "README.txt"

    /// A volume's archive; the first has number 1.
    package static func archive(_ number: Int) -> String { "volume-\(padded(number)).tar" }

    /// A volume's manifest.
    package static func manifest(_ number: Int) -> String { "volume-\(padded(number)).jsonl" }

    /// The signature of a further signer, by the name of the key.
    package static func signature(of key: String) -> String { "\(description).\(key).minisig" }

    /// Whether a name is that of a signature.
    package static func isSignature(_ name: String) -> Bool {
        name.hasPrefix(description + ".") && name.hasSuffix(".minisig")
    }

    private static func padded(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
