package import Packaging

/// Which releases of a dependency are kept.
package enum ClosureMode: String, Hashable, Sendable, CaseIterable {
    /// In each environment the newest that satisfies, and one whole set that can be installed.
    case newest
    /// Every release that satisfies some requirement in some environment.
    case allCompatible = "all-compatible"
}

/// An environment for which dependencies are followed, and what it is called.
///
/// The same Python stands for several where constraints differ.
package struct ClosureEnvironment: Hashable, Sendable {
    /// What it is called, as `python 3.12 on linux`.
    package let label: String
    /// The environment.
    package let target: TargetEnvironment
    /// What holds for every release of a project there, whoever needs it.
    package let constraints: [ProjectName: VersionSpecifiers]

    /// An environment.
    package init(_ target: TargetEnvironment, label: String, constraints: [ProjectName: VersionSpecifiers] = [:]) {
        self.target = target
        self.label = label
        self.constraints = constraints
    }
}

/// Some of the environments of a closure, by their places; there are 128 at most.
package struct EnvironmentSet: Hashable, Sendable {
    /// The most environments that a closure can have.
    package static let maximumCount = 128

    /// A bit for each place.
    private(set) var bits: UInt128

    init(bits: UInt128 = 0) {
        self.bits = bits
    }

    /// The first so many environments.
    init(first count: Int) {
        bits = count >= Self.maximumCount ? .max : (1 << UInt128(count)) - 1
    }

    /// The environment at one place.
    init(_ place: Int) {
        bits = 1 << UInt128(place)
    }

    /// Some places.
    init(_ places: Range<Int>) {
        self = Self(first: places.upperBound).subtracting(Self(first: places.lowerBound))
    }

    var isEmpty: Bool { bits == 0 }
    /// The lowest place; ``maximumCount`` when there is none.
    var first: Int { bits.trailingZeroBitCount }
    var places: [Int] {
        var places: [Int] = []
        var left = bits
        while left != 0 {
            places.append(left.trailingZeroBitCount)
            left &= left - 1
        }
        return places
    }

    func contains(_ place: Int) -> Bool { bits & (1 << UInt128(place)) != 0 }
    func intersection(_ other: Self) -> Self { Self(bits: bits & other.bits) }
    func subtracting(_ other: Self) -> Self { Self(bits: bits & ~other.bits) }
    mutating func formUnion(_ other: Self) { bits |= other.bits }
    mutating func formIntersection(_ other: Self) { bits &= other.bits }
}
