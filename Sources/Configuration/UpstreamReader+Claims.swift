internal import Packaging

/// The keys of `[[upstream]]` that tell several apart: what they are called, and which projects they claim.
extension TableReader {
    /// What the upstream is called; `nil` leaves a problem.
    mutating func name() -> String? {
        guard has("name") else {
            note("\(header) has no 'name'; give each one, as name = \"company\"", "name")
            return nil
        }
        guard let name = string("name") else { return nil }
        let isName = name.utf8.allSatisfy { $0.isLetterOrDigit || $0 == UInt8(ascii: "-") }
        guard isName, name.utf8.count <= 64, name.utf8.first != UInt8(ascii: "-") else {
            note("'name': \(quoted(name)) is no name; write up to 64 ASCII letters, digits and hyphens", "name")
            return nil
        }
        guard !UpstreamSecret.keys.contains(name) else {
            note("'name': '\(name)' is a key of upstream.secret, where names are too; write another one", "name")
            return nil
        }
        return name
    }

    /// The patterns of the projects that it claims, which are all where none are given; `nil` leaves a problem.
    mutating func claims() -> [Stated<ProjectPattern>]? {
        let key = "projects"
        guard has(key) else { return [Stated(.all)] }
        guard let texts = statedStrings(key, of: "names and patterns in quotes") else { return nil }
        guard !texts.isEmpty else {
            note("'\(key)' is empty, so that nothing would come from here; remove the line for all projects", key)
            return nil
        }
        var claims: [Stated<ProjectPattern>] = []
        for text in texts {
            guard let pattern = ProjectPattern(text.value) else {
                let rule = "write names of projects, in which * stands for any characters and ? for one"
                note("'\(key)': \(quoted(text.value)) is no pattern; \(rule)", key, element: text.value)
                return nil
            }
            claims.append(Stated(pattern, line: text.line))
        }
        return claims
    }

    /// Refuses in `[upstream]` what only several upstreams have.
    mutating func refuseKeysOfSeveral() {
        for key in ["name", "projects"] where has(key) {
            note("'\(key)' is a key of [[upstream]], of which there can be several; write the header so", key)
        }
    }
}

extension Configuration.Upstream {
    /// What is wrong between several upstreams: one name for two, and claims that nothing is left for.
    ///
    /// A claim that cannot win is refused: who wrote it believes that projects come from where they do not.
    ///
    /// - Parameters:
    ///   - upstreams: All of them; `nil` for one that has problems of its own.
    ///   - source: The file.
    /// - Returns: The problems.
    static func problemsAmong(_ upstreams: [Self?], _ source: TOMLSource) -> [ConfigurationProblem] {
        var problems: [ConfigurationProblem] = []
        var before: [Self] = []
        for (index, upstream) in upstreams.enumerated() {
            func note(_ message: String, _ key: TOMLStep, element: String? = nil) {
                let place = path + [.element(index), key]
                problems.append(source.problem(message, at: place, element: element))
            }
            if index == countLimit { note("there are more than \(countLimit) [[upstream]]", "name") }
            guard let upstream, let name = upstream.name else { continue }
            if before.contains(where: { $0.name?.lowercased() == name.lowercased() }) {
                note("two [[upstream]] have the name '\(name)'", "name")
            }
            if let all = before.first(where: { $0.claims.contains(where: \.isAll) }) {
                note(
                    "nothing would come from '\(name)': '\(all.label)', which stands before it, claims every project; "
                        + "give '\(all.label)' its 'projects', or move it behind",
                    "projects"
                )
            } else {
                let claims = UpstreamClaims(before)
                for pattern in upstream.claims {
                    let winner = pattern.name.flatMap { claims.claim(of: $0)?.upstream }
                    guard let other = winner.map({ before[$0] }) ?? before.first(where: { $0.claims.contains(pattern) })
                    else { continue }
                    let message = "'projects': '\(other.label)', which stands before it, claims '\(pattern)' already"
                    note(message, "projects", element: pattern.normalized)
                }
            }
            before.append(upstream)
        }
        return problems
    }
}

extension Configuration.Selection {
    /// Names that are selected and that no upstream claims.
    func problems(with claims: UpstreamClaims, _ source: TOMLSource) -> [ConfigurationProblem] {
        projects.compactMap(\.value.name).filter { claims.claim(of: $0) == nil }.map { name in
            source.problem(
                "'projects': no [[upstream]] claims '\(name)', so it would be asked for nowhere",
                at: ["select", "projects"],
                element: name.normalized
            )
        }
    }
}

extension UInt8 {
    /// Whether it is an ASCII letter or digit.
    var isLetterOrDigit: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}
