/// What tools write into their lock files, with some files of each release.
enum LockText: String, CaseIterable {
    case uv = "uv.lock"
    case pylock = "pylock.toml"
    case poetry = "poetry.lock"
    case pdm = "pdm.lock"
    case pipenv = "Pipfile.lock"

    /// A release and the files that are locked of it.
    struct Pin {
        let name: String
        let version: String
        let files: [ScriptedProject.File]
    }

    func text(_ pins: [Pin]) -> String {
        switch self {
        case .uv:
            return "version = 1\nrevision = 3\nrequires-python = \">=3.8\"\n"
                + blocks(
                    "[[package]]",
                    pins,
                    "source = { registry = \"https://index.example/simple\" }",
                    list: "wheels"
                ) {
                    "{ url = \"https://files.example/\($0.filename)\", hash = \"sha256:\($0.claimedDigest)\" }"
                }
        case .pylock:
            return "lock-version = \"1.0\"\ncreated-by = \"uv\"\nrequires-python = \">=3.8\"\n"
                + blocks("[[packages]]", pins, "index = \"https://index.example/simple\"", list: "wheels") {
                    "{ url = \"https://files.example/\($0.filename)\", hashes = { sha256 = \"\($0.claimedDigest)\" } }"
                }
        case .poetry:
            return blocks("[[package]]", pins, "groups = [\"main\"]\noptional = false", list: "files", write: named)
                + "\n[metadata]\nlock-version = \"2.1\"\npython-versions = \">=3.8\"\ncontent-hash = \"0\"\n"
        case .pdm:
            return "[metadata]\ngroups = [\"default\"]\nlock_version = \"4.5.0\"\ncontent_hash = \"sha256:0\"\n"
                + blocks("[[package]]", pins, "groups = [\"default\"]", list: "files", write: named)
        case .pipenv:
            let entries = pins.map { pin in
                let hashes = pin.files.map { "\"sha256:\($0.claimedDigest)\"" }.joined(separator: ", ")
                return
                    "\"\(pin.name)\": { \"hashes\": [\(hashes)], \"index\": \"pypi\", \"version\": \"==\(pin.version)\" }"
            }
            return """
                {
                    "_meta": { "hash": { "sha256": "0" }, "pipfile-spec": 6, "requires": {}, "sources": [] },
                    "default": { \(entries.joined(separator: ", ")) },
                    "develop": {}
                }
                """
        }
    }

    private func named(_ file: ScriptedProject.File) -> String {
        "{ file = \"\(file.filename)\", hash = \"sha256:\(file.claimedDigest)\" }"
    }

    private func blocks(
        _ header: String,
        _ pins: [Pin],
        _ rest: String,
        list: String,
        write: (ScriptedProject.File) -> String
    ) -> String {
        pins.map { pin in
            """

            \(header)
            name = "\(pin.name)"
            version = "\(pin.version)"
            \(rest)
            \(list) = [\(pin.files.map(write).joined(separator: ", "))]

            """
        }
        .joined()
    }
}
