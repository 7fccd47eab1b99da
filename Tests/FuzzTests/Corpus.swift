import FoundationEssentials
import Fuzzing
import Testing

/// The inputs in the tree, by target: `seeds` to start from, and `regressions` that once broke something.
enum Corpus {
    /// A file of the corpus.
    struct Input {
        let name: String
        let bytes: [UInt8]

    }

    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "FuzzCorpus")

    /// The inputs of a target, by name; there is at least one seed.
    static func inputs(of target: FuzzTarget) throws -> [Input] {
        let files = FileManager.default
        var inputs: [Input] = []
        for kind in ["seeds", "regressions"] {
            let path = folder.appending(path: target.name).appending(path: kind)
            guard kind == "seeds" || files.fileExists(atPath: path.path()) else { continue }
            for name in try files.contentsOfDirectory(atPath: path.path()).sorted() {
                let data = try Data(contentsOf: path.appending(path: name))
                inputs.append(Input(name: "\(target.name)/\(kind)/\(name)", bytes: [UInt8](data)))
            }
        }
        try #require(!inputs.isEmpty)
        return inputs
    }
}
