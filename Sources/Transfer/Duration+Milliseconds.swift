extension Duration {
    /// The duration in whole milliseconds, rounded up.
    var milliseconds: Int {
        let (seconds, attoseconds) = components
        return Int(clamping: seconds).multipliedReportingOverflow(by: 1_000).partialValue
            + Int((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}
