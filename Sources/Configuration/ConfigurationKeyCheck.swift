internal import TOMLKit

extension TOMLSource {
    /// The problems with the names of tables and keys, whatever their values are.
    func problemsWithKeys() -> [ConfigurationProblem] {
        var problems: [ConfigurationProblem] = []
        check(root, at: [], into: &problems)
        return problems
    }

    private func check(_ table: TOMLTable, at path: [String], into problems: inout [ConfigurationProblem]) {
        let known = ConfigurationKeys.table(at: path)
        let subtables = ConfigurationKeys.subtables(of: path)
        for key in table.keys.sorted() {
            let place = path + [key]
            let here = "[\(path.joined(separator: "."))]"
            if subtables.contains(key) {
                let header = "[\(place.joined(separator: "."))]"
                if let inner = table[key]?.table {
                    check(inner, at: place, into: &problems)
                } else if place == ["upstream"], table[key]?.array?.contains(where: { $0.type == .table }) ?? false {
                    problems.append(
                        problem(
                            "several [[upstream]] are not supported by this version; write one [upstream]",
                            at: place
                        )
                    )
                } else {
                    problems.append(problem("'\(key)' is a table; write it as \(header)", at: place))
                }
            } else if known?.supported.contains(key) ?? false {
                continue
            } else if known?.later.contains(key) ?? false {
                problems.append(problem("'\(key)' in \(here) is not supported by this version", at: place))
            } else {
                problems.append(problem(unknown(key, table[key], in: path), at: place))
            }
        }
    }

    private func unknown(_ key: String, _ value: (any TOMLValueConvertible)?, in path: [String]) -> String {
        let names = ConfigurationKeys.table(at: path)?.names ?? []
        let subtables = ConfigurationKeys.subtables(of: path)
        let isTable = value?.type == .table
        let header = "[\((path + [key]).joined(separator: "."))]"
        let what = isTable ? "unknown table \(header)" : "unknown key '\(key)'"
        let home = path.isEmpty ? " outside of any table" : " in [\(path.joined(separator: "."))]"
        let place = isTable ? "" : home
        if let near = suggestion(for: key, among: isTable ? subtables + names : names + subtables) {
            let meant = subtables.contains(near) ? "[\((path + [near]).joined(separator: "."))]" : "'\(near)'"
            return "\(what)\(place); did you mean \(meant)?"
        }
        if let home = ConfigurationKeys.tables.first(where: { $0.names.contains(key) }) {
            return "\(what)\(place); it belongs in \(home.header)"
        }
        if names.isEmpty || isTable {
            let headers = ConfigurationKeys.tables.map(\.header).joined(separator: ", ")
            return "\(what)\(place); the tables are \(headers)"
        }
        return "\(what)\(place); remove it, or see the list of keys in the documentation"
    }
}
