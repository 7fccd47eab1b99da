/// What a marker says of an environment, as the `packaging` library answers.
extension Marker {
    /// Where a marker stands, which decides what variables there are beside those of the environment.
    package enum Context: Hashable, Sendable {
        /// In the metadata of a distribution: `extra` is the extra asked for, empty for none.
        case metadata(extra: ExtraName?)
        /// In a lock file (PEP 751): `extras` and `dependency_groups`, and no `extra`.
        case lockFile(extras: Set<ExtraName>, dependencyGroups: Set<ExtraName>)
        /// Elsewhere, as in a requirements file: none of them.
        case requirement
    }

    /// Whether the marker of a dependency holds when a project is asked for with some extras.
    ///
    /// As pip does: without extras, `extra` is empty; with extras, it is enough that the marker holds for one of them.
    ///
    /// - Throws: ``MarkerError`` for comparisons without meaning, also where they would not matter.
    package func evaluate(
        in environment: MarkerEnvironment,
        extras: Set<ExtraName> = []
    ) throws(MarkerError) -> Bool {
        if extras.isEmpty { return try evaluate(in: environment, context: .metadata(extra: nil)) }
        for extra in extras.sorted() where try evaluate(in: environment, context: .metadata(extra: extra)) {
            return true
        }
        return false
    }

    /// Whether the marker holds.
    ///
    /// Values that may be versions are compared as such when the right side, with the operator, is a version specifier;
    /// all others as text, where `<` and `>` never hold, and `<=` and `>=` hold for equal ones.
    ///
    /// - Throws: ``MarkerError`` for comparisons without meaning, also where they would not matter.
    package func evaluate(in environment: MarkerEnvironment, context: Context) throws(MarkerError) -> Bool {
        try Self.evaluate(alternatives, MarkerValues(environment: environment, context: context))
    }

    /// Every comparison is made, so that one without meaning is told whatever the others say.
    private static func evaluate(_ alternatives: [[Term]], _ values: MarkerValues) throws(MarkerError) -> Bool {
        var result = false
        for terms in alternatives {
            var holds = true
            for term in terms {
                switch term {
                case .group(let inner): if !(try evaluate(inner, values)) { holds = false }
                case .comparison(let comparison): if !(try evaluate(comparison, values)) { holds = false }
                }
            }
            if holds { result = true }
        }
        return result
    }

    private static func evaluate(_ item: Comparison, _ values: MarkerValues) throws(MarkerError) -> Bool {
        // The variable is that on the left, else what stands on the right, a text with the name of one included.
        if case .variable(let variable) = item.left {
            guard case .text(let left) = try values[variable] else {
                throw .undefinedComparison(
                    left: variable.rawValue,
                    comparison: item.comparison.rawValue,
                    right: item.right.name
                )
            }
            return try compare(left, item.comparison, item.right.name, variable)
        }
        guard let variable = MarkerVariable(rawValue: item.right.name)
        else { throw .undefinedVariable(item.right.name) }
        switch try values[variable] {
        case .text(let right): return try compare(item.left.name, item.comparison, right, variable)
        case .names(let names):
            let name = ExtraName(item.left.name)
            switch item.comparison {
            case .isIn: return names.contains(name)
            case .isNotIn: return !names.contains(name)
            // A text is no set.
            case .notEqual: return true
            case .equal, .less, .lessOrEqual, .greater, .greaterOrEqual: return false
            case .compatible, .identical:
                throw .undefinedComparison(
                    left: item.left.name,
                    comparison: item.comparison.rawValue,
                    right: variable.rawValue
                )
            }
        }
    }

    private static func compare(
        _ left: String,
        _ comparison: Operator,
        _ right: String,
        _ variable: MarkerVariable
    ) throws(MarkerError) -> Bool {
        if variable.isVersion, comparison != .isIn, comparison != .isNotIn,
            let clause = try? VersionSpecifier.parse(comparison.rawValue + right)
        {
            return clause.matches(SpelledVersion(left))
        }
        switch comparison {
        case .isIn: return left.isPart(of: right)
        case .isNotIn: return !left.isPart(of: right)
        case .equal, .lessOrEqual, .greaterOrEqual: return left.isSameText(as: right)
        case .notEqual: return !left.isSameText(as: right)
        case .less, .greater: return false
        case .compatible, .identical:
            throw .undefinedComparison(left: left, comparison: comparison.rawValue, right: right)
        }
    }
}

/// The variables and their values for one evaluation.
private struct MarkerValues {
    enum Value {
        case text(String)
        case names(Set<ExtraName>)
    }

    let environment: MarkerEnvironment
    let context: Marker.Context

    subscript(_ variable: MarkerVariable) -> Value {
        get throws(MarkerError) {
            switch variable {
            case .pythonVersion: return .text(environment.pythonVersion)
            case .pythonFullVersion:
                let version = environment.pythonFullVersion
                return .text(version.utf8.last == UInt8(ascii: "+") ? version + "local" : version)
            case .osName: return .text(environment.osName)
            case .sysPlatform: return .text(environment.sysPlatform)
            case .platformRelease: return .text(environment.platformRelease)
            case .platformSystem: return .text(environment.platformSystem)
            case .platformVersion: return .text(environment.platformVersion)
            case .platformMachine: return .text(environment.platformMachine)
            case .platformPythonImplementation: return .text(environment.platformPythonImplementation)
            case .implementationName: return .text(environment.implementationName)
            case .implementationVersion: return .text(environment.implementationVersion)
            case .extra:
                guard case .metadata(let extra) = context else { throw .undefinedVariable(variable.rawValue) }
                return .text(extra?.normalized ?? "")
            case .extras, .dependencyGroups:
                guard case .lockFile(let extras, let groups) = context
                else { throw .undefinedVariable(variable.rawValue) }
                return .names(variable == .extras ? extras : groups)
            }
        }
    }
}

extension String {
    /// Whether the bytes of this text stand in another one.
    fileprivate func isPart(of other: String) -> Bool {
        let (part, whole) = (Array(utf8), Array(other.utf8))
        guard part.count <= whole.count else { return false }
        return (0...whole.count - part.count).contains { whole[$0..<$0 + part.count].elementsEqual(part) }
    }
}
