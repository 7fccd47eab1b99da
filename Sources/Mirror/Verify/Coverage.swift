internal import Catalog

/// How long ago the objects of a mirror, and the copies of them that are published, were checked.
///
/// Storing an object counts as a check, since its bytes were hashed on their way in.
package struct Coverage: Sendable {
    /// Objects and copies.
    package private(set) var objects = 0
    /// How many of them are copies.
    package private(set) var copies = 0
    /// Bytes of all of them.
    package private(set) var bytes: UInt64 = 0
    /// Those that are covered: checked within the age that is wanted; without one, hashed since they were stored.
    package private(set) var covered = 0
    /// The age in seconds of the check that is longest ago; `nil` without objects.
    package private(set) var oldestAge: Int64?

    /// The share of them that are covered, in per cent.
    package var percent: Double { objects == 0 ? 100 : Double(covered) * 100 / Double(objects) }

    /// The coverage of no objects.
    package init() {}

    /// Adds an object, or a copy.
    ///
    /// - Parameters:
    ///   - row: Its row.
    ///   - time: The time in seconds since 1970.
    ///   - maximumAge: The age in seconds up to which a check counts; `nil` when none is wanted.
    mutating func add(_ row: some CheckedRow, at time: Int64, maximumAge: Int64?) {
        objects += 1
        if row is PackageRow { copies += 1 }
        bytes += row.size
        let age = time - row.checkedAt(asOf: time)
        if let maximumAge { covered += age < max(1, maximumAge) ? 1 : 0 } else if row.verifiedAt > 0 { covered += 1 }
        oldestAge = max(oldestAge ?? 0, age)
    }
}

/// The row of something whose bytes are checked.
protocol CheckedRow {
    /// The number of its bytes.
    var size: UInt64 { get }
    /// When it was stored, in seconds since 1970; its bytes were checked then.
    var storedAt: Int64 { get }
    /// When its bytes were last hashed and right, in seconds since 1970; 0 for never since.
    var verifiedAt: Int64 { get }
}

extension ObjectRow: CheckedRow {}
extension PackageRow: CheckedRow {}

extension CheckedRow {
    /// When it was last known to be right, in seconds since 1970.
    ///
    /// A time that has not come yet is of a clock that was wrong, and says nothing.
    ///
    /// - Parameter time: The time in seconds since 1970.
    /// - Returns: The time of the last check; 0 when none is known.
    func checkedAt(asOf time: Int64) -> Int64 {
        [storedAt, verifiedAt].filter { $0 <= time }.max() ?? 0
    }
}
