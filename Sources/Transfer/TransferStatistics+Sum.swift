extension TransferStatistics {
    /// Adds what another engine did; the peaks too, which the engines may have reached at once.
    package static func += (left: inout Self, right: Self) {
        left.pages += right.pages
        left.files += right.files
        left.succeeded += right.succeeded
        left.notModified += right.notModified
        left.failed += right.failed
        left.retries += right.retries
        left.retriesByCause.merge(right.retriesByCause, uniquingKeysWith: +)
        left.fallbacks += right.fallbacks
        left.resumptions += right.resumptions
        left.redirects += right.redirects
        left.bytesReceived += right.bytesReceived
        left.waiting += right.waiting
        left.inFlight += right.inFlight
        left.peakInFlight += right.peakInFlight
        left.connectionsOpened += right.connectionsOpened
        left.peakBufferedBytes += right.peakBufferedBytes
        left.hosts.merge(right.hosts) { $0 + $1 }
    }
}

extension TransferHostStatistics {
    /// What two engines did with one host.
    fileprivate static func + (left: Self, right: Self) -> Self {
        var sum = left
        sum.waiting += right.waiting
        sum.inFlight += right.inFlight
        sum.succeeded += right.succeeded
        sum.failedAttempts += right.failedAttempts
        sum.bytesReceived += right.bytesReceived
        sum.isDown = left.isDown || right.isDown
        return sum
    }
}

extension [TransferEngine] {
    /// What all of them did so far.
    package var statistics: TransferStatistics { reduce(into: TransferStatistics()) { $0 += $1.statistics } }
}
