package import Packaging

/// Which releases of a dependency are kept.
package enum ClosureMode: String, Hashable, Sendable, CaseIterable {
    /// In each environment the newest that satisfies, and one whole set that can be installed.
    case newest
    /// Every release that satisfies some requirement in some environment.
    case allCompatible = "all-compatible"
}

/// An environment for which dependencies are followed, and what it is called.
package struct ClosureEnvironment: Hashable, Sendable {
    /// What it is called, as `python 3.12 on linux`.
    package let label: String
    /// The environment.
    package let target: TargetEnvironment

    /// An environment.
    package init(_ target: TargetEnvironment, label: String) {
        self.target = target
        self.label = label
    }
}

/// Some of the environments of a closure, by their places; there are 64 at most.
package struct EnvironmentSet: Hashable, Sendable {
    /// The most environments that a closure can have.
    package static let maximumCount = 64

    /// A bit for each place.
    private(set) var bits: UInt64

    init(bits: UInt64 = 0) {
        self.bits = bits
    }

    /// The first so many environments.
    init(first count: Int) {
        bits = count >= 64 ? .max : (1 << UInt64(count)) - 1
    }

    /// The environment at one place.
    init(_ place: Int) {
        bits = 1 << UInt64(place)
    }

    var isEmpty: Bool { bits == 0 }
    /// The lowest place; 64 when there is none.
    var first: Int { bits.trailingZeroBitCount }
    var places: [Int] { (0..<64).filter { bits & (1 << UInt64($0)) != 0 } }

    func contains(_ place: Int) -> Bool { bits & (1 << UInt64(place)) != 0 }
    func intersection(_ other: Self) -> Self { Self(bits: bits & other.bits) }
    func subtracting(_ other: Self) -> Self { Self(bits: bits & ~other.bits) }
    mutating func formUnion(_ other: Self) { bits |= other.bits }
    mutating func formIntersection(_ other: Self) { bits &= other.bits }
}
