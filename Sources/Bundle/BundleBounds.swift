/// What numbers of a bundle may be, so that sums of them have room in 64 bits whoever wrote them.
package enum BundleBounds {
    /// The most bytes of a file or a member: 1 PiB.
    package static let bytes: UInt64 = 1 << 50
    /// The most bytes of all volumes together: 1 EiB.
    package static let allBytes: UInt64 = 1 << 60
    /// The highest serial, and the most of anything that is counted: what a JSON number says exactly (RFC 8259, section 6).
    package static let count: UInt64 = 1 << 53
    /// Moments in seconds since 1970, to the end of the year 9999.
    package static let times: Range<Int64> = 0..<253_402_300_800
}
