internal import Packaging

/// The requirements that releases share: each is read once, and its marker evaluated once for each extra.
struct ClosureRequirements: Sendable {
    /// A requirement, and where it is one.
    struct Entry: Sendable {
        let requirement: Requirement
        /// The environments in which it is one when no extra is asked for.
        let plain: EnvironmentSet
        /// Whether extras make a difference.
        let dependsOnExtra: Bool
        /// The same by extra.
        var byExtra: [ExtraName: EnvironmentSet] = [:]
    }

    /// What a text was found to be.
    enum Reading: Sendable {
        case requirement(Int32)
        case unusable(String)
    }

    private let environments: [ClosureEnvironment]
    private var places: [String: Reading] = [:]
    private(set) var entries: [Entry] = []

    init(_ environments: [ClosureEnvironment]) {
        self.environments = environments
    }

    /// Reads a requirement.
    mutating func read(_ text: String) -> Reading {
        if let known = places[text] { return known }
        let reading: Reading
        do {
            let requirement = try Requirement.parse(text)
            if requirement.url != nil {
                reading = .unusable("names a URL, which no index has")
            } else {
                let entry = Entry(
                    requirement: requirement,
                    plain: try holding(requirement, extra: nil),
                    dependsOnExtra: requirement.marker?.variables.contains(.extra) ?? false
                )
                reading = .requirement(Int32(entries.count))
                entries.append(entry)
            }
        } catch {
            reading = .unusable("\(error)")
        }
        places[text] = reading
        return reading
    }

    /// The environments in which a requirement is one for an extra.
    mutating func holding(_ place: Int32, extra: ExtraName) -> EnvironmentSet {
        let entry = entries[Int(place)]
        guard entry.dependsOnExtra else { return entry.plain }
        if let known = entry.byExtra[extra] { return known }
        // A marker without meaning was found out when it was read: every comparison is made then.
        let found = (try? holding(entry.requirement, extra: extra)) ?? EnvironmentSet()
        entries[Int(place)].byExtra[extra] = found
        return found
    }

    private func holding(_ requirement: Requirement, extra: ExtraName?) throws(MarkerError) -> EnvironmentSet {
        guard let marker = requirement.marker else { return EnvironmentSet(first: environments.count) }
        var holding = EnvironmentSet()
        for (place, environment) in environments.enumerated()
        where try marker.evaluate(in: environment.target.markers, context: .metadata(extra: extra)) {
            holding.formUnion(EnvironmentSet(place))
        }
        return holding
    }
}
