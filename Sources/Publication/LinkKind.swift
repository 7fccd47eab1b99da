/// What the names of packages below `packages/` are, by the words of the configuration.
package enum LinkKind: String, Sendable, CaseIterable {
    /// A symbolic link to the object.
    case symbolic = "symlink"
    /// A second name of the object.
    case hard = "hardlink"
    /// A file of its own with the bytes of the object.
    case copy

    /// What it is called in a sentence.
    var words: String {
        switch self {
        case .symbolic: "a symbolic link"
        case .hard: "a hard link"
        case .copy: "a copy"
        }
    }
}

/// Which kinds the names of packages have: one, but while all are turned into another.
package struct LinkKinds: Equatable, Sendable {
    /// What names are made as.
    package let wanted: LinkKind
    /// What others may be that were not reached yet.
    let others: [LinkKind]

    /// Names of one kind, and perhaps some that are still of others.
    init(_ wanted: LinkKind, others: [LinkKind] = []) {
        self.wanted = wanted
        self.others = others
    }

    /// What ``text`` tells; names are symbolic links where nothing does.
    init(text: String?) {
        let kinds = (text ?? "").split(separator: " ").compactMap { LinkKind(rawValue: String($0)) }
        self.init(kinds.first ?? .symbolic, others: Array(kinds.dropFirst()))
    }

    /// What the index remembers.
    package var text: String { ([wanted] + others).map(\.rawValue).joined(separator: " ") }

    /// Whether a name may be of a kind.
    func allow(_ kind: LinkKind) -> Bool { kind == wanted || others.contains(kind) }

    /// What the index is to remember after it was lost.
    ///
    /// - Parameters:
    ///   - kind: What names are to be; `nil` where that is not known.
    ///   - found: What kinds there are.
    /// - Returns: The text; `nil` for nothing.
    package static func text(wanting kind: LinkKind?, among found: Set<LinkKind>) -> String? {
        let all = LinkKind.allCases.filter { found.contains($0) }
        guard let first = kind.flatMap({ found.contains($0) || found.isEmpty ? $0 : nil }) ?? all.first else {
            return nil
        }
        return LinkKinds(first, others: all.filter { $0 != first }).text
    }

    /// The kinds while all names are turned into another one.
    func turning(into kind: LinkKind) -> LinkKinds {
        LinkKinds(kind, others: ([wanted] + others).filter { $0 != kind })
    }
}
