internal import TOML

extension TOMLSource {
    /// The problems with the names of tables and keys, whatever their values are.
    func problemsWithKeys() -> [ConfigurationProblem] {
        var problems: [ConfigurationProblem] = []
        check(root, at: [], into: &problems)
        return problems
    }

    private func check(_ table: TOMLTable, at path: TOMLPath, into problems: inout [ConfigurationProblem]) {
        let known = ConfigurationKeys.table(at: path.names)
        let subtables = ConfigurationKeys.subtables(of: path.names)
        for key in table.keys.sorted() {
            let place = path + [.key(key)]
            if subtables.contains(key) {
                if let inner = table[key]?.table {
                    check(inner, at: place, into: &problems)
                } else if place == Configuration.Upstream.path, let inner = table[key]?.array?.tables {
                    for (index, one) in inner.enumerated() {
                        check(one, at: place + [.element(index)], into: &problems)
                    }
                } else {
                    problems.append(problem("'\(key)' is a table; write it as \(place.header)", at: place))
                }
            } else if known?.supported.contains(key) ?? false {
                continue
            } else if known?.later.contains(key) ?? false {
                problems.append(problem("'\(key)' in \(path.header) is not supported by this version", at: place))
            } else {
                problems.append(problem(unknown(key, table[key], in: path), at: place))
            }
        }
    }

    private func unknown(_ key: String, _ value: TOMLValue?, in path: TOMLPath) -> String {
        let names = ConfigurationKeys.table(at: path.names)?.names ?? []
        let subtables = ConfigurationKeys.subtables(of: path.names)
        let isTable = value?.kind == .table
        let what = isTable ? "unknown table \((path + [.key(key)]).header)" : "unknown key '\(key)'"
        let home = path.isEmpty ? " outside of any table" : " in \(path.header)"
        let place = isTable ? "" : home
        if let near = suggestion(for: key, among: isTable ? subtables + names : names + subtables) {
            let meant = subtables.contains(near) ? (path + [.key(near)]).header : "'\(near)'"
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

extension TOMLPath {
    /// The names of the tables and of the key.
    var names: [String] { compactMap(\.name) }

    /// The table as its header writes it: `[select]`, or `[[upstream]]` for one of several.
    var header: String {
        let name = names.joined(separator: ".")
        return contains { $0.name == nil } ? "[[\(name)]]" : "[\(name)]"
    }
}

extension TOMLArray {
    /// The elements of an array of tables; `nil` for any other, and for one of none.
    var tables: [TOMLTable]? {
        let tables = compactMap(\.table)
        return tables.isEmpty || tables.count < count ? nil : tables
    }
}
