extension DistributionFilename {
    /// The kind of a distribution, without what only that kind has.
    package enum KindName: String, CaseIterable, Hashable, Sendable {
        case wheel
        case sdist
        case egg
        case wininst
        case msi
        case rpm
        case deb
        case dmg
        case dumb
        case other
    }
}

extension DistributionFilename.Kind {
    /// The kind alone.
    package var name: DistributionFilename.KindName {
        switch self {
        case .wheel: .wheel
        case .sdist: .sdist
        case .egg: .egg
        case .wininst: .wininst
        case .msi: .msi
        case .rpm: .rpm
        case .deb: .deb
        case .dmg: .dmg
        case .dumb: .dumb
        case .other: .other
        }
    }
}
