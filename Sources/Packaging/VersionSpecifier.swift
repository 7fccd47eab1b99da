/// One clause of a version specifier (PEP 440), such as `>=1.0` or `==2.*`.
///
/// Equal are clauses that mean the same by their text: `==1.0` and `== 1.0.0`, but not `~=1.0` and `~=1.0.0`.
package struct VersionSpecifier: Sendable {
    /// The operators, as written.
    package enum Operator: String, Hashable, Sendable, CaseIterable {
        case identical = "==="
        case compatible = "~="
        case equal = "=="
        case notEqual = "!="
        case lessOrEqual = "<="
        case greaterOrEqual = ">="
        case less = "<"
        case greater = ">"
    }

    /// What a version is compared with.
    enum Operand: Sendable {
        case version(Version)
        /// A version of epoch and release only, behind which `.*` stands.
        case prefix(Version)
        /// What stands behind `===`, which may be no version.
        case text(String)
    }

    /// The operator.
    package let comparison: Operator
    /// Operator and version as spelled, without white space between them.
    package let spelling: String
    let operand: Operand

    /// Whether the clause names exactly one version: `===`, or `==` without `.*`.
    package var isPin: Bool {
        switch (comparison, operand) {
        case (.identical, _), (.equal, .version): true
        default: false
        }
    }

    /// Reads one clause, with white space around and between operator and version or without.
    ///
    /// - Throws: ``VersionSpecifierError`` for what PEP 440 does not allow.
    package static func parse(_ text: some StringProtocol) throws(VersionSpecifierError) -> VersionSpecifier {
        let clause = Substring(text).strippedOfSpace
        func refused(_ reason: VersionSpecifierError.Reason) -> VersionSpecifierError {
            VersionSpecifierError(clause: String(clause), reason: reason)
        }
        guard let comparison = Operator.allCases.first(where: { clause.utf8.starts(with: $0.rawValue.utf8) })
        else { throw refused(.noOperator) }
        let version = clause[clause.utf8.index(clause.startIndex, offsetBy: comparison.rawValue.utf8.count)...]
            .strippedOfSpace
        let spelling = comparison.rawValue + version
        if comparison == .identical {
            guard version.unicodeScalars.allSatisfy({ !$0.isPythonSpace && $0 != ";" && $0 != ")" })
            else { throw refused(.textNotAllowed) }
            return VersionSpecifier(comparison: comparison, spelling: spelling, operand: .text(String(version)))
        }
        let isEquality = comparison == .equal || comparison == .notEqual
        if version.utf8.count >= 2, version.utf8.suffix(2).elementsEqual(".*".utf8) {
            guard isEquality else { throw refused(.wildcardNotAllowed) }
            let base = version[..<version.utf8.index(version.endIndex, offsetBy: -2)]
            guard base.unicodeScalars.last?.isPythonSpace == false, let prefix = Version(base)
            else { throw refused(.noVersion(String(base))) }
            guard prefix.isReleaseOnly else { throw refused(.wildcardAfterSuffix) }
            return VersionSpecifier(comparison: comparison, spelling: spelling, operand: .prefix(prefix))
        }
        guard let parsed = Version(version) else { throw refused(.noVersion(String(version))) }
        guard isEquality || parsed.localSegments == nil else { throw refused(.localNotAllowed) }
        guard comparison != .compatible || parsed.release.count > 1
        else { throw refused(.compatibleNeedsTwoNumbers) }
        return VersionSpecifier(comparison: comparison, spelling: spelling, operand: .version(parsed))
    }

    /// Whether the clause names a prerelease, which makes prereleases welcome: never with `!=` and `.*`.
    package var namesPrerelease: Bool {
        switch operand {
        case .version(let version): comparison != .notEqual && version.isPrerelease
        case .prefix: false
        case .text(let text): Version(text)?.isPrerelease ?? false
        }
    }
}

extension VersionSpecifier: Hashable {
    package static func == (left: Self, right: Self) -> Bool {
        guard left.comparison == right.comparison else { return false }
        switch (left.operand, right.operand) {
        case (.version(let one), .version(let other)):
            return one == other && (left.comparison != .compatible || one.release.count == other.release.count)
        case (.prefix(let one), .prefix(let other)):
            return one == other && one.release.count == other.release.count
        case (.text(let one), .text(let other)):
            return one.isSameText(as: other)
        default:
            return false
        }
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(comparison)
        switch operand {
        case .version(let version), .prefix(let version): hasher.combine(version)
        case .text(let text): hasher.combine(text)
        }
    }
}

extension VersionSpecifier: CustomStringConvertible {
    /// The normal form: the operator and the normal form of the version, trailing zeros kept.
    package var description: String {
        switch operand {
        case .version(let version): "\(comparison.rawValue)\(version)"
        case .prefix(let version): "\(comparison.rawValue)\(version).*"
        case .text: spelling
        }
    }
}
