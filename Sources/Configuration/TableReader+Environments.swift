internal import Packaging

extension TableReader {
    /// The most environments for which dependencies are followed.
    private static let maximumEnvironmentCount = 64

    /// How dependencies are followed, which needs environments.
    mutating func closure(_ key: String, environments: String) -> Stated<Configuration.Closure>? {
        guard let text = string(key) else { return nil }
        guard let closure = Configuration.Closure(rawValue: text) else {
            let words = Configuration.Closure.allCases.map(\.rawValue)
            note("'\(key)' is \(quoted(text)); \(Configuration.suggested(for: text, among: words))", key)
            return nil
        }
        guard has(environments) else {
            note(
                "'\(key)' needs '\(environments)': for whom dependencies are followed, as "
                    + "\(environments) = [{ python = \"3.12\", platform = \"linux\" }]",
                key
            )
            return nil
        }
        return stated(closure, key)
    }

    /// The environments for which dependencies are followed, each with its line.
    mutating func environments(_ key: String) -> [Stated<Configuration.Environment>] {
        guard let array = array(key, of: "tables, as [{ python = \"3.12\", platform = \"linux\" }]") else { return [] }
        guard !array.isEmpty, array.count <= Self.maximumEnvironmentCount else {
            note("'\(key)' has \(array.count) tables, but must have from 1 to \(Self.maximumEnvironmentCount)", key)
            return []
        }
        var environments: [Stated<Configuration.Environment>] = []
        for index in array.indices {
            let place = path + [.key(key), .element(index)]
            var table = TableReader(source, place)
            let environment = array[index] ? table.environment() : nil
            if !array[index] { note("'\(key)' must be an array of tables, but holds something else", key) }
            absorb(table)
            guard let environment else { continue }
            environments.append(Stated(environment, line: source.line(of: place) ?? line(of: key)))
        }
        return environments
    }

    /// Reads this table as an environment.
    fileprivate mutating func environment() -> Configuration.Environment? {
        let known = ["python", "platform", "implementation", "extras"]
        for key in keys where !known.contains(key) {
            note("unknown key '\(key)' in an environment; \(Configuration.suggested(for: key, among: known))", key)
        }
        let python = string("python")
        let platform = string("platform")
        for key in ["python", "platform"] where !has(key) { note("an environment needs '\(key)'", key) }
        var implementation = TargetEnvironment.Implementation.cpython
        if let text = string("implementation") {
            let words = TargetEnvironment.Implementation.allCases.map(\.rawValue)
            if let known = TargetEnvironment.Implementation(rawValue: text.lowercased()) {
                implementation = known
            } else {
                note(
                    "'implementation' is \(quoted(text)); \(Configuration.suggested(for: text, among: words))",
                    "implementation"
                )
            }
        }
        let extras = strings("extras", of: "names in quotes") ?? []
        guard let python, let platform, problems.isEmpty else { return nil }
        do throws(TargetEnvironmentError) {
            let target = try TargetEnvironment(
                python: python,
                platform: platform,
                implementation: implementation,
                extras: Set(extras.map { ExtraName($0) })
            )
            let name = implementation == .cpython ? "python" : implementation.rawValue
            let with = extras.isEmpty ? "" : " with \(extras.joined(separator: ", "))"
            return Configuration.Environment(label: "\(name) \(python) on \(platform)\(with)", target: target)
        } catch {
            switch error {
            case .platform: note("\(error)", "platform")
            case .python, .freeThreading: note("\(error)", "python")
            }
            return nil
        }
    }
}
